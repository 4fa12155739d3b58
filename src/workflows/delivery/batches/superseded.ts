import type { Batch } from '../../ports/delivery/delivery.ts'
import type { RowsWithheld } from '../../ports/delivery/tries.ts'
import type { DeliveryRun } from '../run.ts'
import { type ChunkPlan, freshBatch, partOf, sentRows } from './plan-batch.ts'

/**
 * A batch that an earlier run sent goes again without the rows that a later upload has brought to Genesys in the meantime (this one
 * was held or paused): older content never overwrites newer. Without such rows it goes under its own id.
 */
export const withoutSuperseded = async (
  run: DeliveryRun,
  plan: ChunkPlan,
  batch: Batch,
): Promise<Batch> => {
  const rows = sentRows(batch)
  const rest = rows.filter((row) => plan.verdicts.get(row)?.outcome !== 'unprocessed')
  return rest.length === rows.length ? batch : withRows(run, batch, rest)
}

/** A batch of which rows may not go any more goes without them, under another id: theirs never carries other rows. */
export const withoutWithheld = (
  run: DeliveryRun,
  plan: ChunkPlan,
  batch: Batch,
  withheld: RowsWithheld,
): Promise<Batch> => {
  for (const { row, verdict } of withheld.rows) plan.verdicts.set(row, verdict)
  const out = new Set(withheld.rows.map(({ row }) => row))
  const rows = sentRows(batch)
  const rest = rows.filter((row) => !out.has(row))
  // It would go on for ever.
  if (rest.length === rows.length) throw new Error(`No row of batch ${batch.id} is withheld`)
  return withRows(run, batch, rest)
}

const withRows = async (
  run: DeliveryRun,
  batch: Batch,
  rows: readonly number[],
): Promise<Batch> => {
  const part = partOf(run, batch.chunkSeq, { fromRow: batch.fromRow, toRow: batch.toRow }, rows)
  await run.deps.delivery.split(run.claim, batch.id, run.upload.id, [part])
  return freshBatch(run.upload.id, part)
}
