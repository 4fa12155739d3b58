import { sql, type RawBuilder } from 'kysely'

import {
  REASON_NUMBERS,
  showSuppression,
  type SuppressionShown,
  type SuppressedRow,
  unpackSuppressed,
} from '../../domain/do-not-call/suppression.ts'
import type { StagedChunk } from '../../domain/uploads/chunk.ts'
import { FINAL_STATES, type UploadState } from '../../domain/uploads/upload.ts'
import { hasBit } from '../../lib/bitmap.ts'
import type { LedgerRow, UploadStore } from '../../workflows/ports/uploads/uploads.ts'
import { readWithholding } from '../do-not-call/suppressed-since.ts'
import type { Database, Db } from '../homes/database.ts'

type Result = Pick<LedgerRow, 'outcome' | 'code' | 'column' | 'said'>

/** What is stored outside the chunk about the accepted rows of the chunk. */
type Overlay = {
  results: Map<number, Result>
  batches: { from_row: number; to_row: number; sent: Buffer }[]
  /** The outcome of rows that have no stored outcome and were not delivered. */
  rest: Result
  /**
   * The lines that replaced the rows left out as duplicates, in the order of those rows. Empty for
   * uploads from a version that did not store the lines.
   */
  replacedBy: Buffer
  /** Why a row is suppressed, by row. null: the person did not consent to be called. */
  suppressed: ReadonlyMap<number, SuppressionShown | null>
}

type LeftOut = Pick<Overlay, 'replacedBy' | 'suppressed'>
type SubmissionRow = { number: string; id: string; dnc_list_id: string }
type EditionRow = { number: string; id: string; registry: string }

const numbersOf = (rows: readonly SuppressedRow[]): number[] => [
  ...new Set(rows.map(({ submission }) => submission)),
]

/** The entry or the edition that suppresses a row, by row. null: consent is missing. */
const shownOf = async (
  db: Db,
  suppressed: readonly SuppressedRow[],
): Promise<Map<number, SuppressionShown | null>> => {
  const lacksConsent = ({ reason }: SuppressedRow): boolean => reason === REASON_NUMBERS.consent
  const isRegistry = ({ reason }: SuppressedRow): boolean => reason === REASON_NUMBERS.registry
  const entries = numbersOf(suppressed.filter((row) => !isRegistry(row) && !lacksConsent(row)))
  const { rows: submissions } =
    entries.length === 0
      ? { rows: [] }
      : await sql<SubmissionRow>`select number, id, dnc_list_id from dnc_submission
          where number = any(${entries}::bigint[])`.execute(db)
  const numbers = numbersOf(suppressed.filter(isRegistry))
  const { rows: editions } =
    numbers.length === 0
      ? { rows: [] }
      : await sql<EditionRow>`select number, id, registry from registry_edition
          where number = any(${numbers}::bigint[])`.execute(db)
  const known = new Map(
    submissions.map(({ number, id, dnc_list_id: dncListId }) => [
      Number(number),
      { dncListId, submissionId: id },
    ]),
  )
  const inForce = new Map(
    editions.map(({ number, id, registry }) => [Number(number), { registry, editionId: id }]),
  )
  return new Map(
    suppressed.map((row) => {
      if (lacksConsent(row)) return [row.row, null]
      const about = (isRegistry(row) ? inForce : known).get(row.submission)
      return [row.row, showSuppression(row, about ?? {})]
    }),
  )
}

/** Why rows of the chunk were left out at intake. */
const readLeftOut = async (db: Db, uploadId: string, chunk: StagedChunk): Promise<LeftOut> => {
  const none = { replacedBy: Buffer.alloc(0), suppressed: new Map() }
  if (chunk.leftOut.every((byte) => byte === 0)) return none
  const { rows } = await sql<{ replaced_by: Buffer; suppressed: Buffer }>`
    select replaced_by, suppressed from chunk
    where upload_id = ${uploadId} and seq = ${chunk.seq}`.execute(db)
  if (rows[0] === undefined) return none
  const suppressed = unpackSuppressed(rows[0].suppressed)
  const shown = await shownOf(db, suppressed)
  return { replacedBy: rows[0].replaced_by, suppressed: shown }
}

/** Why a row was withheld at its try, by row: the entry or the edition that suppresses it. */
const readWithheld = async (
  db: Db,
  uploadId: string,
  chunk: StagedChunk,
  results: readonly { line: number; code: string | null }[],
): Promise<ReadonlyMap<number, SuppressionShown>> => {
  const lines = results.filter(({ code }) => code === 'suppressed-since').map(({ line }) => line)
  if (lines.length === 0) return new Map()
  return readWithholding(
    db,
    uploadId,
    chunk.seq,
    new Set(lines.map((line) => chunk.lines.indexOf(line))),
  )
}

const readOverlay = async (
  db: Db,
  uploadId: string,
  chunk: StagedChunk,
  rest: Result,
): Promise<Overlay> => {
  const results = await sql<Result & { line: number }>`
    select line, outcome, code, column_name as column, said from row_result
    where upload_id = ${uploadId} and line between ${chunk.firstLine} and ${chunk.lastLine}`.execute(
    db,
  )
  const batches = await sql<Overlay['batches'][number]>`select from_row, to_row, sent from batch
    where upload_id = ${uploadId} and chunk_seq = ${chunk.seq} and state = 'settled'`.execute(db)
  const { replacedBy, suppressed } = await readLeftOut(db, uploadId, chunk)
  return {
    results: new Map(results.rows.map(({ line, ...result }) => [line, result])),
    batches: batches.rows,
    rest,
    replacedBy,
    suppressed: new Map([
      ...suppressed,
      ...(await readWithheld(db, uploadId, chunk, results.rows)),
    ]),
  }
}

const DUPLICATE: Result = { outcome: 'duplicate', code: 'replaced-in-file', column: null }
const SUPPRESSED: Result = { outcome: 'suppressed', code: 'suppressed-dnc', column: null }
const IN_REGISTRY: Result = { outcome: 'suppressed', code: 'suppressed-registry', column: null }
const WITHOUT_CONSENT: Result = { outcome: 'suppressed', code: 'consent-missing', column: null }
const ERASED: Result = { outcome: 'unprocessed', code: 'erased', column: null }
const DELIVERED: Result = { outcome: 'delivered', code: null, column: null }

const outcomeOf = (chunk: StagedChunk, index: number, overlay: Overlay): Result => {
  if (hasBit(chunk.leftOut, index)) {
    const by = overlay.suppressed.get(index)
    if (by === undefined) return DUPLICATE
    if (by === null) return WITHOUT_CONSENT
    return by.reason === null ? IN_REGISTRY : SUPPRESSED
  }
  const result = overlay.results.get(chunk.lines[index]!)
  if (result) return result
  const delivered = overlay.batches.some(
    (batch) =>
      index >= batch.from_row && index < batch.to_row && hasBit(batch.sent, index - batch.from_row),
  )
  if (delivered) return DELIVERED
  const isErased = chunk.erased !== undefined && hasBit(chunk.erased, index)
  return isErased && overlay.rest.outcome === 'unprocessed' ? ERASED : overlay.rest
}

type RowsWanted = { outcomes: ReadonlySet<string>; afterLine: number }

const rowsOf = (chunk: StagedChunk, overlay: Overlay, wanted: RowsWanted): LedgerRow[] => {
  const { replacedBy } = overlay
  const rows: LedgerRow[] = []
  const isWanted = (line: number, outcome: string): boolean =>
    line > wanted.afterLine && (wanted.outcomes.size === 0 || wanted.outcomes.has(outcome))
  let leftOut = 0
  chunk.lines.forEach((line, index) => {
    const result = outcomeOf(chunk, index, overlay)
    let replacedByLine: number | null = null
    if (result === DUPLICATE) {
      if (leftOut * 4 < replacedBy.length) replacedByLine = replacedBy.readUInt32LE(leftOut * 4)
      leftOut += 1
    }
    if (!isWanted(line, result.outcome)) return
    const cells = chunk.cells.slice(index * chunk.width, (index + 1) * chunk.width)
    const suppressedBy = overlay.suppressed.get(index)
    // The contact id of an erased person is empty.
    const contactId = chunk.contactIds[index] === '' ? null : chunk.contactIds[index]!
    const row = { line, contactId, ...result, cells, replacedByLine }
    rows.push(suppressedBy ? { ...row, suppressedBy } : row)
  })
  for (const { line, cells, more = [], ...first } of chunk.rejected) {
    if (!isWanted(line, 'rejected')) continue
    const { code, column } = first
    const none = { contactId: null, replacedByLine: null }
    rows.push({
      line,
      outcome: 'rejected',
      ...none,
      code,
      column,
      cells,
      faults: [first, ...more],
    })
  }
  return rows.toSorted((a, b) => a.line - b.line)
}

const restOf = (state: UploadState, problem: { code: string } | null): Result =>
  FINAL_STATES.includes(state)
    ? {
        outcome: 'unprocessed',
        code: state === 'cancelled' ? state : (problem?.code ?? 'not-sent'),
        column: null,
      }
    : { outcome: 'accepted', code: null, column: null }

/**
 * The condition for chunks that may contain rows with these outcomes. Other chunks are not opened,
 * so a few rows of a large upload are found fast.
 */
const mayHold = (outcomes: ReadonlySet<string>): RawBuilder<unknown> => {
  if (outcomes.size === 0) return sql`true`
  const cases: RawBuilder<unknown>[] = []
  if (outcomes.has('rejected')) cases.push(sql`last_line - first_line + 1 > accepted`)
  if (outcomes.has('duplicate')) cases.push(sql`left_out <> ''`)
  if (outcomes.has('suppressed')) cases.push(sql`suppressed <> ''`)
  if (['accepted', 'delivered', 'unprocessed'].some((outcome) => outcomes.has(outcome))) {
    cases.push(sql`accepted > 0`)
  }
  cases.push(sql`exists (select from row_result r where r.upload_id = chunk.upload_id
    and r.line between chunk.first_line and chunk.last_line and r.outcome = any(${[...outcomes]}::text[]))`)
  return sql`(${sql.join(cases, sql` or `)})`
}

type Ledger = Pick<UploadStore, 'ledger' | 'ledgerRows'>

/** The ledger of an upload. Reads its chunks in order, one in memory at a time. */
export const createLedger = (deps: {
  database: Database
  readChunk: UploadStore['readChunk']
}): Ledger => {
  const { db } = deps.database

  const ledgerRows: Ledger['ledgerRows'] = async function* (uploadId, query) {
    const found = await sql<{ state: UploadState; problem: { code: string } | null }>`
      select state, problem from upload where id = ${uploadId}`.execute(db)
    if (!found.rows[0]) return
    const rest = restOf(found.rows[0].state, found.rows[0].problem)
    const wanted = { outcomes: new Set(query.outcomes), afterLine: query.afterLine }
    const { rows: chunks } = await sql<{ seq: number }>`select seq from chunk
      where upload_id = ${uploadId} and last_line > ${query.afterLine} and ${mayHold(wanted.outcomes)}
      order by seq`.execute(db)
    for (const { seq } of chunks) {
      const chunk = await deps.readChunk(uploadId, seq)
      const overlay = await readOverlay(db, uploadId, chunk, rest)
      const rows = rowsOf(chunk, overlay, wanted)
      if (rows.length > 0) yield rows
    }
  }

  return {
    ledgerRows,
    ledger: async (uploadId, { limit, ...query }) => {
      const rows: LedgerRow[] = []
      for await (const more of ledgerRows(uploadId, query)) {
        rows.push(...more)
        if (rows.length > limit) break
      }
      const page = rows.slice(0, limit)
      return { rows: page, nextLine: rows.length > limit ? (page.at(-1)?.line ?? null) : null }
    },
  }
}
