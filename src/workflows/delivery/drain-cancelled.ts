import { GenesysFailure } from '../../domain/genesys/genesys-failure.ts'
import { hasBit } from '../../lib/bitmap.ts'
import type { Batch } from '../ports/delivery/delivery.ts'
import type { Pipeline } from './batches/pipeline.ts'
import type { ChunkPlan, RowVerdict } from './batches/plan-batch.ts'
import { planChunk } from './batches/plan-batch.ts'
import { CANCELLED } from './batches/refusals.ts'
import { settleWhole } from './batches/settle-batch.ts'
import { isSeenEmpty, provesNext } from './clear-list.ts'
import { drainParts } from './files/drain-parts.ts'
import type { DeliveryRun } from './run.ts'
import { checkGoingOn } from './run.ts'

const UNKNOWN: RowVerdict = { outcome: 'failed', code: 'outcome-unknown', column: null }

/**
 * Learns what became of everything that an upload to be cancelled has sent, and sends nothing. Rows whose outcome cannot be learnt
 * count as failed, as `outcome-unknown`. An outage ends the run with a hold; the next run resumes there.
 */
export const drainCancelled = async (run: DeliveryRun, pipeline: Pipeline): Promise<void> => {
  try {
    // The list is cleared all the same, late: what the next upload brings would be wiped by it.
    if (provesNext(run)) await isSeenEmpty(run)
    await pipeline.adoptSent()
    await pipeline.drain('settle')
    await drainParts(run, 'settle')
  } catch (error) {
    run.lease.signal.throwIfAborted()
    // Genesys refuses to tell us, and no retry fixes that.
    if (!(error instanceof GenesysFailure)) throw error
  }
  for (const batch of await run.deps.delivery.batches(run.upload.id)) {
    if (!isOut(batch)) continue
    checkGoingOn(run)
    const plan = await planChunk(run, batch.chunkSeq, true)
    if (batch.shared) noteGivenWay(batch, plan)
    await settleWhole(run, batch, plan, UNKNOWN)
  }
}

/** Rows that did not go with a shared request had given way to another upload's, which was never known to arrive. */
const noteGivenWay = (batch: Batch, plan: ChunkPlan): void => {
  for (let row = batch.fromRow; row < batch.toRow; row += 1) {
    if (hasBit(batch.sent, row - batch.fromRow) || plan.verdicts.has(row)) continue
    plan.verdicts.set(row, CANCELLED)
  }
}

/** Genesys may have rows of the batch, and nobody has noted what became of them. */
const isOut = ({ state, attempts }: Batch): boolean =>
  state === 'sent' || (state === 'intended' && attempts > 0)
