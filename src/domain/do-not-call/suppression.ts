import { DNC_REASON_NAMES, DNC_REASONS, type DncReason } from './dnc-entry.ts'
import type { EditionInForce } from './registries/registry.ts'

/** The reason stored as this number. */
export const reasonOfNumber = (number: number): DncReason => {
  const found = DNC_REASON_NAMES.find((name) => DNC_REASONS[name] === number)
  if (found === undefined) throw new Error(`There is no reason ${number}`)
  return found
}

/**
 * For each tenant, how often its entries have changed so that more is suppressed. Tenants without
 * any entry are left out. A transaction that adds entries raises the tenant's number first.
 */
export type SuppressionEpochs = Readonly<Record<string, number>>

/** What the rows of an upload for a contact list are looked up in, as of one moment. */
export type Standing = {
  epochs: SuppressionEpochs
  /**
   * For the same tenants, the id of the submission that made the epoch; null if none did. A
   * database that was set back gets the same epoch again from another submission.
   */
  madeBy: Readonly<Record<string, string | null>>
  /** In the order of their numbers. */
  editions: readonly EditionInForce[]
}

/**
 * Reasons beside those of entries: the number is in a registry, or the person did not agree to be
 * called (`submission` is 0). The tenant's own entry comes first, because it says more.
 */
export const REASON_NUMBERS = { registry: 16, consent: 17 } as const

/**
 * The strongest entry that suppresses a subject: the number of its submission, and its reason. For
 * a registry, the number of its edition.
 */
export type Suppression = { submission: number; reason: number }

/** All fields are null if the submission is past its retention. */
const NOT_SHOWN = { dncListId: null, submissionId: null, registry: null, editionId: null }

/** The same for callers: an entry with its reason, or an edition of a registry. */
export type SuppressionShown = {
  dncListId: string | null
  submissionId: string | null
  reason: DncReason | null
  registry: string | null
  editionId: string | null
}

/** `about`: what is known about the submission or the edition. */
export const showSuppression = (
  { reason }: Suppression,
  about: Partial<Omit<SuppressionShown, 'reason'>>,
): SuppressionShown => ({
  ...NOT_SHOWN,
  ...about,
  reason: reason === REASON_NUMBERS.registry ? null : reasonOfNumber(reason),
})

export type SuppressedRow = Suppression & { row: number }
/** By chunk, in the order of rows. */
export type SuppressedRows = ReadonlyMap<number, readonly SuppressedRow[]>

const BYTES = 11

/**
 * The stored form beside a chunk. Each record has two bytes of row, eight of submission and one of
 * reason, little-endian.
 */
export const packSuppressed = (rows: readonly SuppressedRow[]): Buffer => {
  const packed = Buffer.allocUnsafe(rows.length * BYTES)
  for (const [index, { row, submission, reason }] of rows.entries()) {
    packed.writeUInt16LE(row, index * BYTES)
    packed.writeBigUInt64LE(BigInt(submission), index * BYTES + 2)
    packed.writeUInt8(reason, index * BYTES + 10)
  }
  return packed
}

/** The inverse of it. */
export const unpackSuppressed = (packed: Buffer): SuppressedRow[] =>
  Array.from({ length: packed.length / BYTES }, (_, index) => ({
    row: packed.readUInt16LE(index * BYTES),
    submission: Number(packed.readBigUInt64LE(index * BYTES + 2)),
    reason: packed.readUInt8(index * BYTES + 10),
  }))
