import type { Batch } from '../../ports/delivery/delivery.ts'
import type { RowsWithheld } from '../../ports/delivery/tries.ts'
import type { DeliveryRun } from '../run.ts'
import { without } from './cut-batches.ts'
import { type ChunkPlan, freshBatch, sentRows } from './plan-batch.ts'

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
  const isOut = (row: number): boolean => plan.verdicts.get(row)?.outcome === 'unprocessed'
  return sentRows(batch).some(isOut) ? withoutRows(run, batch, isOut) : batch
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
  const isOut = (row: number): boolean => out.has(row)
  // It would repeat for ever.
  if (!sentRows(batch).some(isOut)) throw new Error(`No row of batch ${batch.id} is withheld`)
  return withoutRows(run, batch, isOut)
}

const withoutRows = async (
  run: DeliveryRun,
  batch: Batch,
  isOut: (row: number) => boolean,
): Promise<Batch> => {
  const rest = without(run, batch, isOut)
  await run.deps.delivery.split(run.claim, batch.id, run.upload.id, [rest])
  return freshBatch(run.upload.id, rest)
}
