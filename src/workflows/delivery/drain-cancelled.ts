import { GenesysFailure } from '../../domain/genesys/genesys-failure.ts'
import type { Batch } from '../ports/delivery/delivery.ts'
import type { Pipeline } from './batches/pipeline.ts'
import type { RowVerdict } from './batches/plan-batch.ts'
import { planChunk } from './batches/plan-batch.ts'
import { settleWhole } from './batches/settle-batch.ts'
import { isSeenEmpty, provesNext } from './clear-list.ts'
import { drainParts } from './files/drain-parts.ts'
import type { DeliveryRun } from './run.ts'
import { checkGoingOn } from './run.ts'

const UNKNOWN: RowVerdict = { outcome: 'failed', code: 'outcome-unknown', column: null }

/**
 * Learns what became of everything that an upload to be cancelled has sent, and sends nothing. Rows whose outcome cannot be learnt
 * count as failed, as `outcome-unknown`. An outage ends the run with a hold; the next run goes on from there.
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
    // Genesys refuses to tell us, and no retry mends that.
    if (!(error instanceof GenesysFailure)) throw error
  }
  for (const batch of await run.deps.delivery.batches(run.upload.id)) {
    if (!isOut(batch)) continue
    checkGoingOn(run)
    await settleWhole(run, batch, await planChunk(run, batch.chunkSeq, true), UNKNOWN)
  }
}

/** Genesys may have rows of the batch, and nobody has noted what became of them. */
const isOut = ({ state, attempts }: Batch): boolean =>
  state === 'sent' || (state === 'intended' && attempts > 0)
