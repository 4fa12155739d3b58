import type { Batch, NewBatch } from '../../ports/delivery/delivery.ts'
import type { DeliveryRun } from '../run.ts'
import { partOf, sentRows } from './plan-batch.ts'

/** A row of a request. A request carries one batch or several. */
export type Place = { batch: Batch; row: number }

/** The rows of a request, in the order sent. */
export const placesOf = (batches: readonly Batch[]): Place[] =>
  batches.flatMap((batch) => sentRows(batch).map((row) => ({ batch, row })))

/** A new batch for the same range of rows, without the rows for which `out` is true. */
export const without = (
  run: DeliveryRun,
  batch: Batch,
  out: (row: number) => boolean,
): NewBatch => {
  const { chunkSeq, fromRow, toRow } = batch
  const rest = sentRows(batch).filter((row) => !out(row))
  return partOf(run, chunkSeq, { fromRow, toRow }, rest)
}

/**
 * Divides the batches of a request into two requests with about the same number of rows. Splits the
 * batch that contains the middle row, unless the batch begins with this row. The given request must
 * send at least two rows.
 */
export const halves = (
  run: DeliveryRun,
  batches: readonly Batch[],
): readonly [NewBatch[], NewBatch[]] => {
  const places = placesOf(batches)
  const middle = places[Math.ceil(places.length / 2)]!
  const groups: [NewBatch[], NewBatch[]] = [[], []]
  let side: 0 | 1 = 0
  for (const batch of batches) {
    const { chunkSeq, fromRow, toRow } = batch
    const rows = sentRows(batch)
    if (batch !== middle.batch) {
      groups[side].push(partOf(run, chunkSeq, { fromRow, toRow }, rows))
      continue
    }
    if (middle.row > fromRow) {
      groups[0].push(partOf(run, chunkSeq, { fromRow, toRow: middle.row }, rows))
    }
    groups[1].push(partOf(run, chunkSeq, { fromRow: middle.row, toRow }, rows))
    side = 1
  }
  return groups
}
