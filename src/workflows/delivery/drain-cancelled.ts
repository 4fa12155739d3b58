import { GenesysFailure } from '../../domain/genesys/genesys-failure.ts'
import { hasBit } from '../../lib/bitmap.ts'
import type { Batch } from '../ports/delivery/delivery.ts'
import type { Pipeline } from './batches/pipeline.ts'
import type { ChunkPlan, RowVerdict } from './batches/plan-batch.ts'
import { planChunk } from './batches/plan-batch.ts'
import { CANCELLED } from './batches/refusals.ts'
import { tookNothing } from './batches/send-batch.ts'
import { settleWhole } from './batches/settle-batch.ts'
import { isSeenEmpty, mayStillClear } from './clear-list.ts'
import { drainParts } from './files/drain-parts.ts'
import type { DeliveryRun } from './run.ts'
import { checkGoingOn, DeliveryEnds } from './run.ts'

const UNKNOWN: RowVerdict = { outcome: 'failed', code: 'outcome-unknown', column: null }

/**
 * Finds out the outcome of everything that a cancelled upload has sent, and sends nothing. Rows
 * without a known outcome count as failed, with `outcome-unknown`. An outage ends the run with a
 * hold, and the next run continues.
 */
export const drainCancelled = async (run: DeliveryRun, pipeline: Pipeline): Promise<void> => {
  try {
    // Genesys may still clear the list, and would then wipe the rows of the next upload.
    if (mayStillClear(run)) await isSeenEmpty(run).catch(passOverLostList)
    await pipeline.adoptSent()
    await pipeline.drain('settle')
    await drainParts(run, 'settle')
  } catch (error) {
    run.lease.signal.throwIfAborted()
    // Genesys refuses to report the outcome. No retry fixes such a refusal.
    if (!(error instanceof GenesysFailure)) throw error
  }
  await settleUnknown(run, isOut)
}

/**
 * Ignores that the list is deleted or not ready, because no wait shows then whether it was cleared.
 * A cancelled upload cannot fail, and only an outage can hold it. Without this, its runs would
 * never end.
 */
const passOverLostList = (error: unknown): void => {
  if (!(error instanceof DeliveryEnds)) throw error
  const { ending } = error
  if (ending.kind === 'rest') throw error
  if (ending.kind === 'hold' && ending.reason === 'genesys_unavailable') throw error
}

/**
 * Settles the rows of these batches as failed, because nobody knows whether Genesys has them. The
 * run sends nothing more.
 */
const settleUnknown = async (
  run: DeliveryRun,
  isUnknown: (batch: Batch) => boolean,
): Promise<void> => {
  for (const batch of await run.deps.delivery.batches(run.upload.id)) {
    if (!isUnknown(batch)) continue
    checkGoingOn(run)
    const plan = await planChunk(run, batch.chunkSeq, true)
    if (batch.shared) noteGivenWay(batch, plan)
    await settleWhole(run, batch, plan, UNKNOWN)
  }
}

/**
 * Call it before an upload ends as failed. Settles the rows of requests whose answer was lost.
 * Genesys may have them, and an entry may have named their people in the meantime.
 */
export const settleUnanswered = async (run: DeliveryRun): Promise<void> => {
  await run.deps.delivery.reopenDoubtful(run.claim, run.upload.id)
  await settleUnknown(run, (batch) => isOut(batch) && batch.jobId === null)
}

/**
 * Marks rows that a shared request left out because it sent another upload's row for the same
 * contact. It is unknown whether the other row arrived.
 */
const noteGivenWay = (batch: Batch, plan: ChunkPlan): void => {
  for (let row = batch.fromRow; row < batch.toRow; row += 1) {
    if (hasBit(batch.sent, row - batch.fromRow) || plan.verdicts.has(row)) continue
    plan.verdicts.set(row, CANCELLED)
  }
}

/** Whether Genesys may have rows of the batch although no outcome is stored. */
const isOut = (batch: Batch): boolean => batch.state !== 'settled' && !tookNothing(batch)
