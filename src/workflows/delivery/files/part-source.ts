import { hasBit } from '../../../lib/bitmap.ts'
import type { Batch, NewBatch } from '../../ports/delivery/delivery.ts'
import type { ChunkPlan } from '../batches/plan-batch.ts'
import { partOf, planChunk, sentRows } from '../batches/plan-batch.ts'
import type { DeliveryRun } from '../run.ts'
import { CSV_LINE_BREAK } from './contact-csv.ts'
import type { PartColumns } from './part-columns.ts'

/**
 * A part that is not stored yet: its batches, and its rows as CSV. `fileOf` adds a header if the
 * call needs one, and `createPartSource` leaves room for it.
 */
export type PreparedPart = {
  batches: NewBatch[]
  records: Buffer
  rows: number
  /**
   * Contact ids of the part that Genesys may hold already, according to the registers of this and
   * other tenants.
   */
  overwrites: string[]
}

export type PartSource = {
  /**
   * Returns the next part, or null when every row is in a batch. Writes nothing, so you may call it
   * while another part is in flight.
   */
  next(): Promise<PreparedPart | null>
}

/**
 * The most batches of one part. Chunks whose rows need not be sent add no bytes. Without this
 * limit, a part of such chunks would never be full.
 */
const MAX_BATCHES = 200
const BREAK = Buffer.from(CSV_LINE_BREAK)

type Draft = PreparedPart & { pieces: Buffer[]; bytes: number }

/** Rows of a chunk from `fromRow` on, as many as fit into the file. */
type Fill = { records: string[]; rows: number[]; toRow: number; bytes: number }

const emptyDraft = (): Draft => ({
  batches: [],
  records: Buffer.alloc(0),
  rows: 0,
  overwrites: [],
  pieces: [],
  bytes: 0,
})

const fillFrom = (plan: ChunkPlan, fromRow: number, room: number, columns: PartColumns): Fill => {
  const fill: Fill = { records: [], rows: [], toRow: fromRow, bytes: 0 }
  const end = plan.chunk.contactIds.length
  for (; fill.toRow < end; fill.toRow += 1) {
    const row = fill.toRow
    if (hasBit(plan.chunk.leftOut, row) || plan.verdicts.has(row)) continue
    const record = columns.record(plan, row)
    const bytes = Buffer.byteLength(record) + BREAK.length
    if (fill.bytes + bytes > room && fill.rows.length > 0) break
    if (fill.bytes + bytes > room) return fill
    fill.records.push(record)
    fill.rows.push(row)
    fill.bytes += bytes
  }
  return fill
}

const isDeliverable = ({ chunk }: ChunkPlan, fromRow: number): boolean => {
  for (let row = fromRow; row < chunk.contactIds.length; row += 1) {
    if (!hasBit(chunk.leftOut, row)) return true
  }
  return false
}

const take = (run: DeliveryRun, draft: Draft, plan: ChunkPlan, fromRow: number, fill: Fill) => {
  const range = { fromRow, toRow: fill.toRow }
  draft.batches.push(partOf(run, plan.chunk.seq, range, fill.rows))
  draft.rows += fill.rows.length
  for (const row of fill.rows) {
    const id = plan.chunk.contactIds[row]!
    if (plan.overwritten.has(id)) draft.overwrites.push(id)
  }
  if (fill.rows.length === 0) return
  draft.pieces.push(Buffer.from(fill.records.join(CSV_LINE_BREAK)))
  draft.bytes += fill.bytes
}

const finished = ({ batches, pieces, rows, overwrites }: Draft): PreparedPart | null => {
  if (batches.length === 0) return null
  const joined = pieces.flatMap((piece, at) => (at === 0 ? [piece] : [BREAK, piece]))
  return { batches, records: Buffer.concat(joined), rows, overwrites }
}

/**
 * Makes parts. A part consists of as many whole chunks as fit into a file of `fileBytes` bytes, but
 * of at most `MAX_BATCHES` batches. Splits a chunk between rows only if the chunk alone is too
 * large. `written`: the batches of earlier runs. The source begins after their last row.
 */
export const createPartSource = (
  run: DeliveryRun,
  columns: PartColumns,
  seqs: readonly number[],
  written: readonly Batch[],
): PartSource => {
  const room = run.deps.contactFiles.limits.fileBytes - Buffer.byteLength(columns.header) - 2
  const last = written.at(-1)
  const todo = last === undefined ? [...seqs] : seqs.filter((seq) => seq >= last.chunkSeq)
  let fromRow = last?.toRow ?? 0
  let pending: ChunkPlan | null = null

  const current = async (): Promise<ChunkPlan | null> => {
    const seq = todo[0]
    if (seq === undefined) return null
    pending ??= await planChunk(run, seq, run.skipping.value())
    return pending
  }
  const advance = (): void => {
    todo.shift()
    pending = null
    fromRow = 0
  }
  return {
    next: async () => {
      const draft = emptyDraft()
      for (;;) {
        const plan = await current()
        if (plan === null || draft.batches.length >= MAX_BATCHES) return finished(draft)
        if (!isDeliverable(plan, fromRow)) {
          advance()
          continue
        }
        const fill = fillFrom(plan, fromRow, room - draft.bytes, columns)
        const whole = fill.toRow >= plan.chunk.contactIds.length
        if (!whole && draft.rows > 0) return finished(draft)
        if (!whole && fill.rows.length === 0) throw new Error('A row is larger than a file may be')
        take(run, draft, plan, fromRow, fill)
        if (!whole) {
          fromRow = fill.toRow
          return finished(draft)
        }
        advance()
      }
    },
  }
}

/** Makes the records of a stored part again from its batches, with exactly the same bytes. */
export const recordsOf = async (
  run: DeliveryRun,
  columns: PartColumns,
  batches: readonly Batch[],
): Promise<Buffer> => {
  const pieces: Buffer[] = []
  for (const batch of batches) {
    const rows = sentRows(batch)
    if (rows.length === 0) continue
    const plan = await planChunk(run, batch.chunkSeq, true)
    const records = rows.map((row) => columns.record(plan, row))
    if (pieces.length > 0) pieces.push(BREAK)
    pieces.push(Buffer.from(records.join(CSV_LINE_BREAK)))
  }
  return Buffer.concat(pieces)
}
