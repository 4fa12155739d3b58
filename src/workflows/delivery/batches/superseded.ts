import type { Batch } from '../../ports/delivery/delivery.ts'
import type { RowsWithheld } from '../../ports/delivery/tries.ts'
import type { DeliveryRun } from '../run.ts'
import { type ChunkPlan, freshBatch, partOf, sentRows } from './plan-batch.ts'

/**
 * Before a batch of an earlier run is sent again, this takes out the rows that a later upload has
 * brought to Genesys in the meantime (this upload was held or paused). Older content never
 * overwrites newer content. If there are no such rows, the batch keeps its own id.
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

/**
 * If rows of a batch must not be sent any more, the rest goes under another id. An id never carries
 * other rows than before.
 */
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
  // It would repeat for ever.
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
