import type { Batch } from '../../ports/delivery/delivery.ts'
import type { DeliveryRun } from '../run.ts'
import { auditOf, checkGoingOn, moveTo } from '../run.ts'
import type { Pipeline } from './pipeline.ts'
import type { ChunkPlan } from './plan-batch.ts'
import { batchesOf, freshBatch, planChunk, sentRows } from './plan-batch.ts'
import { withoutSuperseded } from './rows-out.ts'
import { prepareRequest } from './send-batch.ts'

/**
 * Works through the upload's chunks in order. While a chunk is in flight, the next chunk is read
 * and compared with the register. Its batches are then stored as intents, and its first request is
 * built. So Genesys need not wait for the gateway. Returns when every batch is settled.
 */
export const workChunks = async (run: DeliveryRun, pipeline: Pipeline): Promise<void> => {
  const { delivery } = run.deps
  const earlier = byChunk(await delivery.batches(run.upload.id))
  const todo = (await delivery.chunkSeqs(run.upload.id)).filter((seq) => !isDone(earlier.get(seq)))
  const prepare = (index: number): Promise<ReadyChunk> | null => {
    const seq = todo[index]
    if (seq === undefined) return null
    const ready = readyChunk(run, seq, earlier.get(seq))
    // The promise is awaited below. If the run ends earlier, nobody needs its error.
    ready.catch(() => undefined)
    return ready
  }
  let ahead = prepare(0)
  try {
    for (const index of todo.keys()) {
      checkGoingOn(run)
      const { plan, batches } = await ahead!
      ahead = prepare(index + 1)
      for (const batch of batches) await pipeline.work(batch, plan)
    }
  } finally {
    await ahead?.catch(() => undefined)
  }
  if (run.upload.state === 'delivering') await moveTo(run, 'awaiting_completion')
  await pipeline.drain('resend')
}

type ReadyChunk = { plan: ChunkPlan; batches: Batch[] }

/**
 * Reads a chunk, compares it with the register, writes its intents and builds its first request.
 */
const readyChunk = async (
  run: DeliveryRun,
  seq: number,
  earlier: readonly Batch[] = [],
): Promise<ReadyChunk> => {
  // An overwrite sends rows even if Genesys already holds their content. So no earlier batch left
  // out a row for this reason.
  const explaining = earlier.length > 0 && run.upload.mode !== 'overwrite'
  const plan = await planChunk(run, seq, explaining || run.skipping.value())
  const batches = await writtenBatches(run, plan, earlier)
  const first = batches[0]
  if (first !== undefined) prepareRequest(run, first, plan)
  return { plan, batches }
}

const byChunk = (batches: readonly Batch[]): Map<number, Batch[]> => {
  const chunks = new Map<number, Batch[]>()
  for (const batch of batches) {
    const known = chunks.get(batch.chunkSeq)
    if (known === undefined) chunks.set(batch.chunkSeq, [batch])
    else known.push(batch)
  }
  return chunks
}

/**
 * The batches of a chunk are written from the last to the first. So if the batch that begins with
 * row 0 exists, all batches exist.
 */
const isWhole = (batches: readonly Batch[]): boolean => batches.some(({ fromRow }) => fromRow === 0)

const isDone = (batches: readonly Batch[] | undefined): boolean =>
  batches !== undefined && isWhole(batches) && batches.every(({ state }) => state === 'settled')

const writtenBatches = async (
  run: DeliveryRun,
  plan: ChunkPlan,
  earlier: readonly Batch[],
): Promise<Batch[]> => {
  const resumed: Batch[] = []
  for (const batch of earlier) {
    resumed.push(isUnknown(batch) ? await withoutSuperseded(run, plan, batch) : batch)
  }
  if (isWhole(resumed)) return resumed
  const firstWritten = resumed[0]?.fromRow ?? plan.chunk.contactIds.length
  const missing = batchesOf(run, plan, run.upload.targetColumns).filter(
    ({ toRow }) => toRow <= firstWritten,
  )
  const written: Batch[] = []
  for (const batch of missing.toReversed()) {
    const ids = sentRows(batch).map((row) => plan.chunk.contactIds[row]!)
    const overwrites = ids.filter((id) => plan.overwritten.has(id))
    const audit = auditOf(run, {
      action: 'upload.batch.intended',
      details: { uploadIds: [run.upload.id] },
      object: batch.id,
      outcome: 'intended',
      counts: { rows: ids.length },
    })
    await run.deps.delivery.intend(run.claim, run.upload.id, batch, audit, overwrites)
    written.unshift(freshBatch(run.upload.id, batch))
  }
  return [...written, ...resumed]
}

/** Whether the outcome of the batch is unknown, so that it must be sent again. */
const isUnknown = ({ state, jobId }: Batch): boolean =>
  state === 'intended' || (state === 'sent' && jobId === null)
