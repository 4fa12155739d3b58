import { sql } from 'kysely'

import type { StagedChunk } from '../domain/chunk.ts'
import { FINAL_STATES, type UploadState } from '../domain/upload.ts'
import { hasBit } from '../lib/bitmap.ts'
import type { LedgerRow, UploadStore } from '../workflows/ports/uploads.ts'
import type { Database, Db } from './database.ts'

type Result = { outcome: string; code: string | null; column: string | null }

/** What is known of an accepted row besides its chunk. */
type Overlay = {
  results: Map<number, Result>
  batches: { from_row: number; to_row: number; sent: Buffer }[]
  /** What a row is that nothing is known of. */
  rest: Result
}

const readOverlay = async (
  db: Db,
  uploadId: string,
  chunk: StagedChunk,
  rest: Result,
): Promise<Overlay> => {
  const results = await sql<Result & { line: number }>`
    select line, outcome, code, column_name as column from row_result
    where upload_id = ${uploadId} and line between ${chunk.firstLine} and ${chunk.lastLine}`.execute(
    db,
  )
  const batches = await sql<Overlay['batches'][number]>`select from_row, to_row, sent from batch
    where upload_id = ${uploadId} and chunk_seq = ${chunk.seq} and state = 'settled'`.execute(db)
  return {
    results: new Map(results.rows.map(({ line, ...result }) => [line, result])),
    batches: batches.rows,
    rest,
  }
}

const outcomeOf = (chunk: StagedChunk, index: number, overlay: Overlay): Result => {
  if (hasBit(chunk.leftOut, index)) return { outcome: 'duplicate', code: null, column: null }
  const result = overlay.results.get(chunk.lines[index]!)
  if (result) return result
  const delivered = overlay.batches.some(
    (batch) =>
      index >= batch.from_row && index < batch.to_row && hasBit(batch.sent, index - batch.from_row),
  )
  return delivered ? { outcome: 'delivered', code: null, column: null } : overlay.rest
}

const rowsOf = (
  chunk: StagedChunk,
  overlay: Overlay,
  asked: ReadonlySet<string>,
  afterLine: number,
): LedgerRow[] => {
  const rows: LedgerRow[] = []
  const wanted = (outcome: string): boolean => asked.size === 0 || asked.has(outcome)
  chunk.lines.forEach((line, index) => {
    if (line <= afterLine) return
    const result = outcomeOf(chunk, index, overlay)
    if (!wanted(result.outcome)) return
    const cells = asked.has(result.outcome)
      ? chunk.cells.slice(index * chunk.width, (index + 1) * chunk.width)
      : []
    rows.push({ line, contactId: chunk.contactIds[index]!, ...result, cells })
  })
  if (wanted('rejected')) {
    for (const { line, code, column, cells } of chunk.rejected) {
      if (line <= afterLine) continue
      rows.push({ line, outcome: 'rejected', contactId: null, code, column, cells })
    }
  }
  return rows.sort((a, b) => a.line - b.line)
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
 * A scan of the chunks in order, one in memory at a time. A staged row's normalised cells come only when its outcome is asked for
 * by name; rejected rows always bring their raw ones.
 */
export const createLedger =
  (deps: { database: Database; readChunk: UploadStore['readChunk'] }): UploadStore['ledger'] =>
  async (uploadId, query) => {
    const { db } = deps.database
    const found = await sql<{ state: UploadState; problem: { code: string } | null }>`
      select state, problem from upload where id = ${uploadId}`.execute(db)
    if (!found.rows[0]) return { rows: [], nextLine: null }
    const rest = restOf(found.rows[0].state, found.rows[0].problem)
    const asked = new Set(query.outcomes)
    const { rows: chunks } = await sql<{ seq: number }>`select seq from chunk
      where upload_id = ${uploadId} and last_line > ${query.afterLine} order by seq`.execute(db)
    const rows: LedgerRow[] = []
    for (const { seq } of chunks) {
      const chunk = await deps.readChunk(uploadId, seq)
      const overlay = await readOverlay(db, uploadId, chunk, rest)
      rows.push(...rowsOf(chunk, overlay, asked, query.afterLine))
      if (rows.length > query.limit) break
    }
    const page = rows.slice(0, query.limit)
    return { rows: page, nextLine: rows.length > query.limit ? (page.at(-1)?.line ?? null) : null }
  }
