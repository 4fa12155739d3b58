import type { Batch } from '../../ports/delivery/delivery.ts'
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
  if (rest.length === rows.length) return batch
  const part = partOf(run, batch.chunkSeq, { fromRow: batch.fromRow, toRow: batch.toRow }, rest)
  await run.deps.delivery.split(run.claim, batch.id, run.upload.id, [part])
  return freshBatch(run.upload.id, part)
}
