import type { Batch } from '../../ports/delivery/delivery.ts'
import type { RowsWithheld } from '../../ports/delivery/tries.ts'
import type { DeliveryRun } from '../run.ts'
import { without } from './cut-batches.ts'
import { type ChunkPlan, freshBatch, rowKey, type RowVerdict, sentRows } from './plan-batch.ts'
import { tookNothing } from './send-batch.ts'

/**
 * For a batch of an earlier run: the keys of the rows that must no longer be sent. For example,
 * while this upload was held or paused, a later upload delivered the contact of a row. Older
 * content must never overwrite newer content. Does not include rows that the batch leaves out
 * anyway. So if no row must be taken out, the request keeps its id.
 */
export const supersededIn = (batch: Batch, plan: ChunkPlan): string[] =>
  sentRows(batch)
    .filter((row) => plan.verdicts.get(row)?.outcome === 'unprocessed')
    .map((row) => rowKey(batch, row))

/**
 * The verdicts of the rows that a request must not send, by row key. `batches`: all batches of the
 * request. Throws if the request contains none of these rows, because the same request would then
 * be withheld again and again.
 */
export const withheldIn = (
  batches: readonly Batch[],
  { rows }: RowsWithheld,
): Map<string, RowVerdict> => {
  const out = new Map<string, RowVerdict>()
  for (const batch of batches) {
    const sent = new Set(sentRows(batch))
    for (const { batchId, row, verdict } of rows) {
      if (batchId === batch.id && sent.has(row)) out.set(rowKey(batch, row), verdict)
    }
  }
  if (out.size === 0) throw new Error(`No row of batch ${batches[0]?.id} is withheld`)
  return out
}

/**
 * The batch without the rows that must no longer be sent, under another id. Returns the batch
 * itself if all of its rows may be sent.
 */
export const withoutSuperseded = async (
  run: DeliveryRun,
  plan: ChunkPlan,
  batch: Batch,
): Promise<Batch> => {
  const out = new Set(supersededIn(batch, plan))
  return out.size > 0 ? withoutRows(run, batch, out) : batch
}

/**
 * Replaces a batch of which some rows were withheld. The other rows are sent under another id,
 * because a request id must never carry other rows than before.
 */
export const withoutWithheld = (
  run: DeliveryRun,
  plan: ChunkPlan,
  batch: Batch,
  withheld: RowsWithheld,
): Promise<Batch> => {
  const out = withheldIn([batch], withheld)
  for (const { row, verdict } of withheld.rows) plan.verdicts.set(row, verdict)
  return withoutRows(run, batch, out)
}

const withoutRows = async (
  run: DeliveryRun,
  batch: Batch,
  out: { has(key: string): boolean },
): Promise<Batch> => {
  const rest = without(run, batch, (row) => out.has(rowKey(batch, row)))
  await run.deps.delivery.split(run.claim, batch.id, run.upload.id, [rest], tookNothing(batch))
  return freshBatch(run.upload.id, rest)
}
