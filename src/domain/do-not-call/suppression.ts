import { DNC_REASON_NAMES, DNC_REASONS, type DncReason } from './dnc-entry.ts'
import type { EditionInForce } from './registries/registry.ts'

/** Throws if no reason has the number. */
export const reasonOfNumber = (number: number): DncReason => {
  const found = DNC_REASON_NAMES.find((name) => DNC_REASONS[name] === number)
  if (found === undefined) throw new Error(`There is no reason ${number}`)
  return found
}

/**
 * A number for each tenant. It grows when a submission is accepted, when a pull adds entries, when
 * an edition of a registry that the tenant uses comes into force, and when the tenant begins to use
 * a registry. An erasure may raise it too. A transaction that makes such a change raises the number
 * first. Code that looks rows up keeps the number, and reads it again before using the result. If
 * the number grew, the code must look the rows up again. Tenants whose number was never raised are
 * left out.
 */
export type SuppressionEpochs = Readonly<Record<string, number>>

/** The entries and registries that suppress rows of a contact list at one moment. */
export type Standing = {
  epochs: SuppressionEpochs
  /**
   * For each tenant in `epochs`, the id of the submission that raised the epoch last. null: no
   * submission raised it. The epoch alone does not suffice: after a restore from a backup, the
   * database can reach the same epoch with other entries.
   */
  madeBy: Readonly<Record<string, string | null>>
  /** Ascending by `number`. */
  editions: readonly EditionInForce[]
}

/**
 * The stored reasons of suppressions that no entry causes. `registry`: the number is in a registry.
 * `consent`: the person did not consent (`submission` is then 0).
 */
export const REASON_NUMBERS = { registry: 16, consent: 17 } as const

/**
 * What suppresses a person: the number of the submission with the strongest entry, and the reason
 * of this entry. For a registry, `submission` is the number of the edition.
 */
export type Suppression = { submission: number; reason: number }

/**
 * What is shown if the submission or edition is no longer known, for example after its retention.
 */
const NOT_SHOWN = { dncListId: null, submissionId: null, registry: null, editionId: null }

/** A suppression as callers see it: an entry with its reason, or an edition of a registry. */
export type SuppressionShown = {
  dncListId: string | null
  submissionId: string | null
  reason: DncReason | null
  registry: string | null
  editionId: string | null
}

/**
 * A suppression in the form for callers. `about`: what is known about the submission or the
 * edition.
 */
export const showSuppression = (
  { reason }: Suppression,
  about: Partial<Omit<SuppressionShown, 'reason'>>,
): SuppressionShown => ({
  ...NOT_SHOWN,
  ...about,
  reason: reason === REASON_NUMBERS.registry ? null : reasonOfNumber(reason),
})

export type SuppressedRow = Suppression & { row: number }
/** The suppressed rows for each chunk, in the order of rows. */
export type SuppressedRows = ReadonlyMap<number, readonly SuppressedRow[]>

/** The codes that a suppressed row can have. */
export const SUPPRESSION_CODES = [
  'suppressed-dnc',
  'suppressed-registry',
  'consent-missing',
] as const
export type SuppressionCode = (typeof SUPPRESSION_CODES)[number]

const codeOf = ({ reason }: Suppression): SuppressionCode => {
  if (reason === REASON_NUMBERS.registry) return 'suppressed-registry'
  return reason === REASON_NUMBERS.consent ? 'consent-missing' : 'suppressed-dnc'
}

/** How many of the suppressed rows have each code. Codes without rows are left out. */
export const suppressedByCode = (
  suppressed: SuppressedRows,
): Partial<Record<SuppressionCode, number>> => {
  const codes: Partial<Record<SuppressionCode, number>> = {}
  for (const rows of suppressed.values()) {
    for (const row of rows) codes[codeOf(row)] = (codes[codeOf(row)] ?? 0) + 1
  }
  return codes
}

const BYTES = 11

/**
 * The form in which the suppressed rows of a chunk are stored. Each row has two bytes for its
 * position, eight for the submission and one for the reason, little-endian.
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

/** Reads what `packSuppressed` wrote. */
export const unpackSuppressed = (packed: Buffer): SuppressedRow[] =>
  Array.from({ length: packed.length / BYTES }, (_, index) => ({
    row: packed.readUInt16LE(index * BYTES),
    submission: Number(packed.readBigUInt64LE(index * BYTES + 2)),
    reason: packed.readUInt8(index * BYTES + 10),
  }))
