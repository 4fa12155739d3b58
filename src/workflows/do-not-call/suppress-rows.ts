import {
  REASON_NUMBERS,
  type Standing,
  type SuppressedRow,
  type Suppression,
} from '../../domain/do-not-call/suppression.ts'
import type { NewChunk } from '../../domain/uploads/chunk.ts'
import { createBitmap, hasBit, setBit } from '../../lib/bitmap.ts'
import { DIGEST_BYTES } from '../../lib/keyed-digest.ts'
import type { SuppressionPort } from '../ports/do-not-call/suppressions.ts'
import type { StageUpload } from '../ports/uploads/uploads.ts'
import { lookAtRegistries } from './registries/look-at-registries.ts'

/** How many digests are looked up together. */
const DIGESTS_AT_ONCE = 60_000

type Looked = Pick<
  NewChunk,
  'seq' | 'lines' | 'subjectDigests' | 'subjectRows' | 'subjectNumbers' | 'withoutConsent'
>
type Counted = Pick<StageUpload, 'counts' | 'leftOut' | 'replacedBy' | 'batchesTotal'>
type Kept = Pick<StageUpload, 'suppressed' | 'suppressionEpochs' | 'registries'>
type Suppressions = Pick<SuppressionPort, 'suppressedAmong' | 'numbersAmong' | 'asksCountries'>

/**
 * Finds, chunk by chunk, the rows of an upload that do-not-call entries and registries suppress.
 */
export type RowSuppression = {
  /**
   * Checks the chunk's rows, now or together with the rows of later chunks. Keeps the digests of a
   * few chunks in memory, and a few bytes for each suppressed row.
   */
  look(chunk: Looked): Promise<void>
  /**
   * Call this once, after `look` was called for all chunks. Returns the result without the
   * suppressed rows. A row that a later line replaces counts as a duplicate, never as suppressed.
   * The later line decides whether the contact is suppressed.
   */
  settle<Result extends Counted>(result: Result): Promise<Result & Kept>
}

/**
 * The suppressed digests among those looked up. `heads` has the first four bytes of each digest as
 * a number. Comparing these numbers is faster than making a string of every digest.
 */
type Found = { by: ReadonlyMap<string, Suppression>; heads: ReadonlySet<number> }

const foundOf = (by: ReadonlyMap<string, Suppression>): Found => ({
  by,
  heads: new Set([...by.keys()].map((digest) => Buffer.from(digest, 'latin1').readInt32LE())),
})

const strongestOf = (
  { subjectDigests, subjectRows }: Looked,
  { by, heads }: Found,
): Map<number, Suppression> => {
  const rows = new Map<number, Suppression>()
  for (let index = 0; index < subjectRows.length; index += 1) {
    const at = index * DIGEST_BYTES
    if (!heads.has(subjectDigests.readInt32LE(at))) continue
    const entry = by.get(subjectDigests.toString('latin1', at, at + DIGEST_BYTES))
    if (entry === undefined) continue
    const known = rows.get(subjectRows[index]!)
    if (known === undefined || known.reason < entry.reason) rows.set(subjectRows[index]!, entry)
  }
  return rows
}

/** Whether every row of the chunk is left out. */
const isWhollyOut = (bitmap: Buffer, rows: number): boolean => {
  for (let row = 0; row < rows; row += 1) if (!hasBit(bitmap, row)) return false
  return true
}

type Hits = Map<number, { rows: number; found: Map<number, Suppression> }>

/**
 * Adds the rows that registries suppress. If an entry suppresses a row too, the row keeps that
 * entry.
 */
const addRegistryHits = (
  hits: Hits,
  ofRegistries: ReadonlyMap<number, ReadonlyMap<number, Suppression>>,
  rowsOf: ReadonlyMap<number, number>,
): void => {
  for (const [seq, rows] of ofRegistries) {
    const known = hits.get(seq) ?? { rows: rowsOf.get(seq)!, found: new Map() }
    hits.set(seq, known)
    for (const [row, suppression] of rows) {
      if (!known.found.has(row)) known.found.set(row, suppression)
    }
  }
}

const NO_CONSENT: Suppression = { submission: 0, reason: REASON_NUMBERS.consent }

/**
 * Adds the rows of people who did not consent to be called. If an entry or a registry suppresses a
 * row too, the row keeps that reason, because that reason says more.
 */
const addConsents = (
  hits: Hits,
  lacking: readonly Pick<Looked, 'seq' | 'lines' | 'withoutConsent'>[],
): void => {
  for (const { seq, lines, withoutConsent = [] } of lacking) {
    const known = hits.get(seq) ?? { rows: lines.length, found: new Map() }
    hits.set(seq, known)
    for (const row of withoutConsent) if (!known.found.has(row)) known.found.set(row, NO_CONSENT)
  }
}

/** The result without the rows in `hits`, which are left out and counted as suppressed. */
const withoutFound = <Result extends Counted>(
  result: Result,
  hits: Hits,
): Result & Pick<StageUpload, 'suppressed'> => {
  const leftOut = new Map(result.leftOut)
  const suppressed = new Map<number, SuppressedRow[]>()
  let [batchesTotal, count] = [result.batchesTotal, 0]
  for (const [seq, { rows, found }] of hits) {
    const before = leftOut.get(seq) ?? createBitmap(rows)
    const after = Buffer.from(before)
    const out: SuppressedRow[] = []
    for (const [row, entry] of [...found].toSorted(([a], [b]) => a - b)) {
      if (hasBit(before, row)) continue
      setBit(after, row)
      out.push({ row, ...entry })
    }
    if (out.length === 0) continue
    leftOut.set(seq, after)
    suppressed.set(seq, out)
    count += out.length
    if (isWhollyOut(after, rows)) batchesTotal -= 1
  }
  const counts = { ...result.counts }
  counts.accepted -= count
  counts.suppressed += count
  return { ...result, counts, leftOut, batchesTotal, suppressed }
}

/** Collects, from chunks that have rows without consent, what `addConsents` needs at the end. */
const collectConsents = () => {
  const lacking: Pick<Looked, 'seq' | 'lines' | 'withoutConsent'>[] = []
  return {
    lacking,
    look: ({ seq, lines, withoutConsent = [] }: Looked): void => {
      if (withoutConsent.length > 0) lacking.push({ seq, lines, withoutConsent })
    },
  }
}

const digestsOf = (chunks: readonly Looked[]): Buffer =>
  Buffer.concat(chunks.map(({ subjectDigests }) => subjectDigests))

const lookingUp = (
  suppressions: Suppressions,
  contactListId: string,
  standing: Standing,
): RowSuppression => {
  const { epochs } = standing
  const hits: Hits = new Map()
  const rowsOf = new Map<number, number>()
  const registries = lookAtRegistries(suppressions, standing)
  const consents = collectConsents()
  let waiting: Looked[] = []
  let digests = 0

  const lookUp = async (): Promise<void> => {
    const chunks = waiting
    waiting = []
    digests = 0
    const suppressed = await suppressions.suppressedAmong(
      contactListId,
      digestsOf(chunks),
      standing,
    )
    if (suppressed.size === 0) return
    const found = foundOf(suppressed)
    for (const chunk of chunks) {
      const rows = strongestOf(chunk, found)
      if (rows.size > 0) hits.set(chunk.seq, { rows: chunk.lines.length, found: rows })
    }
  }
  return {
    look: async (chunk) => {
      const { seq, lines, subjectDigests, subjectRows, subjectNumbers } = chunk
      consents.look(chunk)
      rowsOf.set(seq, lines.length)
      await registries.look({ seq, subjectRows, ...(subjectNumbers && { subjectNumbers }) })
      waiting.push({ seq, lines, subjectDigests, subjectRows })
      digests += subjectRows.length
      if (digests >= DIGESTS_AT_ONCE) await lookUp()
    },
    settle: async (result) => {
      if (waiting.length > 0) await lookUp()
      const { look, ...ofRegistries } = await registries.settle()
      addRegistryHits(hits, ofRegistries.hits, rowsOf)
      addConsents(hits, consents.lacking)
      // If the look-up in the registries failed, nothing counts as looked up, and all rows are
      // looked up again before they are sent.
      const kept = { suppressionEpochs: look === null ? {} : epochs, registries: look }
      return { ...withoutFound(result, hits), ...kept }
    },
  }
}

/**
 * Used if the tenants of the list have no entry and no registry, and the configuration requires no
 * registry. Only a missing consent then suppresses a row.
 */
const consentsAlone = (): RowSuppression => {
  const consents = collectConsents()
  return {
    look: async (chunk) => consents.look(chunk),
    settle: async (result) => {
      const hits: Hits = new Map()
      addConsents(hits, consents.lacking)
      return { ...withoutFound(result, hits), suppressionEpochs: {}, registries: null }
    },
  }
}

/**
 * Begins the look-up of an upload's rows. Read `standing` before the call. Entries that are added
 * after that reading are found when the rows are sent. If the tenants of the list have no entry and
 * no registry, and the configuration requires no registry, only consent is checked.
 */
export const suppressRows = (
  suppressions: Suppressions,
  contactListId: string,
  standing: Standing,
): RowSuppression =>
  Object.keys(standing.epochs).length === 0 && !suppressions.asksCountries
    ? consentsAlone()
    : lookingUp(suppressions, contactListId, standing)

/** Reads the current `standing` of the list and begins the look-up of an upload's rows. */
export const beginSuppression = async (
  suppressions: Suppressions & Pick<SuppressionPort, 'standingOf'>,
  contactListId: string,
): Promise<RowSuppression> =>
  suppressRows(suppressions, contactListId, await suppressions.standingOf(contactListId))
