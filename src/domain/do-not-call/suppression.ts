import { DNC_REASON_NAMES, DNC_REASONS, type DncReason } from './dnc-entry.ts'

/** The reason that is stored as this number. */
export const reasonOfNumber = (number: number): DncReason => {
  const found = DNC_REASON_NAMES.find((name) => DNC_REASONS[name] === number)
  if (found === undefined) throw new Error(`There is no reason ${number}`)
  return found
}

/**
 * How often the entries of a tenant have changed so that more is suppressed, by tenant; tenants without any entry are left out. What is added raises
 * the tenant's number first.
 */
export type SuppressionEpochs = Readonly<Record<string, number>>

/** The strongest entry that suppresses a subject: the number of its submission, and its reason. */
export type Suppression = { submission: number; reason: number }

/** The same, for people. Null: the submission is past its retention. */
export type SuppressionShown = {
  dncListId: string | null
  submissionId: string | null
  reason: DncReason
}

export type SuppressedRow = Suppression & { row: number }
/** By chunk, in order of row. */
export type SuppressedRows = ReadonlyMap<number, readonly SuppressedRow[]>

const BYTES = 11

/** As they are stored with a chunk: of each two bytes of row, eight of submission and one of reason, little-endian. */
export const packSuppressed = (rows: readonly SuppressedRow[]): Buffer => {
  const packed = Buffer.allocUnsafe(rows.length * BYTES)
  for (const [index, { row, submission, reason }] of rows.entries()) {
    packed.writeUInt16LE(row, index * BYTES)
    packed.writeBigUInt64LE(BigInt(submission), index * BYTES + 2)
    packed.writeUInt8(reason, index * BYTES + 10)
  }
  return packed
}

/** The inverse. */
export const unpackSuppressed = (packed: Buffer): SuppressedRow[] =>
  Array.from({ length: packed.length / BYTES }, (_, index) => ({
    row: packed.readUInt16LE(index * BYTES),
    submission: Number(packed.readBigUInt64LE(index * BYTES + 2)),
    reason: packed.readUInt8(index * BYTES + 10),
  }))
