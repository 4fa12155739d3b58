import { GenesysFailure } from '../../../domain/genesys/genesys-failure.ts'
import type { Batch } from '../../ports/delivery/delivery.ts'
import { RowsWithheld } from '../../ports/delivery/tries.ts'
import type { JobStatus } from '../../ports/genesys/genesys.ts'
import { proveCleared, provesNext } from '../clear-list.ts'
import { awaitJobOf } from '../job-of-request.ts'
import { checkList, doubtList, lookAtListAgain } from '../list-state.ts'
import { overwriteFailed, recordCleared, wipesNext } from '../overwrite.ts'
import type { DeliveryRun } from '../run.ts'
import { aside, checkGoingOn, DeliveryEnds, moveTo } from '../run.ts'
import { columnsNamed, heldForSchema, speaksOfSchema } from '../schema-refusal.ts'
import type { ChunkPlan } from './plan-batch.ts'
import { planChunk, sentRows } from './plan-batch.ts'
import { actOnRefusal, MAX_SENDS_OF_FAILED_JOB, spendOnFailedJob } from './refusals.ts'
import { withoutSuperseded, withoutWithheld } from './rows-out.ts'
import { requestOf, sendBatch } from './send-batch.ts'
import {
  ALL_DELIVERED,
  type BatchOutcome,
  failedWith,
  outcomeOfJob,
  settleAndGoOn,
  settleBatch,
} from './settle-batch.ts'
import { createSettleQueue, type SettleQueue } from './settle-queue.ts'

type InFlight = {
  batch: Batch
  /** The plan without its cells, because settling needs only ids and hashes. */
  plan: ChunkPlan
  /** null: Genesys made no job, because its answer was already the completion. */
  jobId: string | null
  sentAtMs: number
  /** Resolves when the job id is stored, and rejects if that fails. */
  noted: Promise<void>
  /** The batch was already sent when this run began. */
  adopted: boolean
}

/**
 * What happens to a batch whose job failed as a whole: it is sent once more, left for a later run,
 * or settled as failed.
 */
export type FailedJobs = 'resend' | 'leave' | 'settle'

/**
 * Sends one batch after the other. Meanwhile, settles the batches that were already sent, beginning
 * with the oldest.
 */
export type Pipeline = {
  /**
   * Sends a batch, or settles it if it has nothing to send. Does not send a batch again if an
   * earlier run has stored its job. Waits while too many batches are in flight.
   */
  work(batch: Batch, plan: ChunkPlan): Promise<void>
  /** Waits until no batch is in flight. With `leave`, batches of failed jobs stay unsettled. */
  drain(failedJobs: FailedJobs): Promise<void>
  /** Begins to settle batches of earlier runs that have a job and that this run has not reached. */
  adoptSent(): Promise<void>
  /**
   * Resolves when the pipeline has stopped reading and writing. Call it only after the run's lease
   * has ended.
   */
  close(): Promise<void>
}

/**
 * How many batches may be in flight. If each job takes a second, a list gets more than ten requests
 * a second. Each batch in flight takes about 200 KiB of memory, because its cells are not kept.
 */
const DEFAULT_CONCURRENCY = 12
/**
 * How many jobs are polled at the same time. With 1, polling could not keep up with sending:
 * polling a job takes as long as sending a batch, and settling takes extra time.
 */
const SETTLED_AT_ONCE = 3

const withoutCells = (plan: ChunkPlan): ChunkPlan => ({
  ...plan,
  chunk: { ...plan.chunk, cells: [] },
})

/** State that the sending and the settling of one run share. */
type Sent = {
  queue: SettleQueue<InFlight>
  jobsFailed: Map<string, number>
  /** Batches whose job failed as a whole, to be sent once more. */
  again: InFlight[]
  failedJobs: FailedJobs
}

const createSent = (run: DeliveryRun): Sent => {
  const sent: Sent = {
    queue: createSettleQueue(SETTLED_AT_ONCE, (one) => settleOne(run, sent, one)),
    jobsFailed: new Map(),
    again: [],
    failedJobs: 'resend',
  }
  return sent
}

const settleOne = async (run: DeliveryRun, sent: Sent, one: InFlight): Promise<void> => {
  const { batch, jobId, sentAtMs } = one
  const { jobsFailed } = sent
  await one.noted
  const job = jobId === null ? INGESTED : await awaitJobOf(run, { id: batch.id, jobId }, sentAtMs)
  sent.queue.remove(one)
  if (job !== null && speaksOfSchema(job) && sent.failedJobs !== 'settle') {
    return leaveForSchema(sent, one, job)
  }
  if (job === null || job.state === 'failed') {
    doubtList(run)
    const failures = (jobsFailed.get(batch.id) ?? 0) + 1
    jobsFailed.set(batch.id, failures)
    if (sent.failedJobs === 'leave') return
    if (sent.failedJobs === 'resend' && failures < MAX_SENDS_OF_FAILED_JOB) {
      spendOnFailedJob(run)
      sent.again.push(one)
      return
    }
  }
  jobsFailed.delete(batch.id)
  await settleEnded(run, one, job, sent.failedJobs)
}

/**
 * Acts on a batch whose job refused the columns. If an earlier run sent the batch, sends it again:
 * since that run, the upload may have been resumed with fixed columns. Otherwise, ends the run with
 * a hold. If the run is ending already, leaves the batch for a later run.
 */
const leaveForSchema = (sent: Sent, one: InFlight, job: JobStatus): void => {
  if (one.adopted && sent.failedJobs === 'resend') {
    sent.again.push(one)
    return
  }
  sent.jobsFailed.set(one.batch.id, 1)
  if (sent.failedJobs === 'resend') throw heldForSchema(columnsNamed(job))
}

/**
 * Proves that the first rows sent after a clearing stay in the list, and sends them again if they
 * were wiped. The proof is needed because Genesys carries out a clearing late. Until the proof
 * succeeds, no other row is sent and no row is settled.
 */
const prove = async (run: DeliveryRun, batch: Batch, plan: ChunkPlan): Promise<void> => {
  await proveCleared(run, requestOf(run, batch, plan), async () => {
    const answer = await sendBatch(run, batch, plan)
    if (answer instanceof GenesysFailure) throw answer
    // The next run takes the withheld rows out of the batch. Until then, nobody knows whether the
    // list is clear.
    if (answer instanceof RowsWithheld) throw new DeliveryEnds({ kind: 'rest' })
  })
  await recordCleared(run)
}

/** The batch with its cells, ready to be sent once more. */
const readAgain = async (
  run: DeliveryRun,
  { batch, plan, adopted }: InFlight,
): Promise<{ batch: Batch; plan: ChunkPlan }> => {
  if (!adopted) {
    const chunk = await run.deps.uploads.readChunk(run.upload.id, batch.chunkSeq)
    return { batch, plan: { ...plan, chunk } }
  }
  const now = await planChunk(run, batch.chunkSeq, true)
  return { batch: await withoutSuperseded(run, now, { ...batch, jobId: null }), plan: now }
}

/** The batches of one run between being sent and being settled. */
export const createPipeline = (run: DeliveryRun): Pipeline => {
  const { clock, concurrency = DEFAULT_CONCURRENCY } = run.deps
  const sent = createSent(run)
  const { queue, again } = sent

  const send = async (batch: Batch, plan: ChunkPlan): Promise<void> => {
    checkGoingOn(run)
    await lookAtListAgain(run)
    await moveTo(run, 'delivering')
    const startedMs = clock.monotonicMs()
    const answer = await sendBatch(run, batch, plan)
    if (answer instanceof GenesysFailure) {
      for (const part of await actOnRefusal(run, batch, plan, answer)) await work(part, plan)
    } else if (answer instanceof RowsWithheld) {
      await work(await withoutWithheld(run, plan, batch, answer), plan)
    } else {
      if (provesNext(run)) await prove(run, batch, plan)
      const jobId = answer.kind === 'accepted' ? answer.jobId : null
      const noted = noteJob(run, batch, jobId)
      const about = { jobId, sentAtMs: startedMs, noted, adopted: false }
      queue.push({ batch, plan: withoutCells(plan), ...about })
    }
  }

  const sendAgain = async (): Promise<void> => {
    for (let one = again.shift(); one !== undefined; one = again.shift()) {
      const { batch, plan } = await readAgain(run, one)
      if (sentRows(batch).length > 0) await send(batch, plan)
      else await settleAndGoOn(run, batch, plan, ALL_DELIVERED, 0)
    }
  }

  const drain = async (failed: FailedJobs): Promise<void> => {
    sent.failedJobs = failed
    for (;;) {
      if (failed === 'resend') await sendAgain()
      await aside(run, () => queue.emptied())
      if (failed !== 'resend' || again.length === 0) return
    }
  }

  const work = async (batch: Batch, plan: ChunkPlan): Promise<void> => {
    if (batch.state === 'settled') return
    if (sentRows(batch).length === 0) {
      await settleAndGoOn(run, batch, plan, ALL_DELIVERED, 0)
      return
    }
    await queue.belowLength(concurrency)
    await sendAgain()
    const wiping = wipesNext(run)
    if (batch.state === 'sent' && batch.jobId !== null) queue.push(resumed(run, batch, plan))
    else await send(batch, plan)
    if (!wiping) return
    await drain('resend')
    // The request that wipes the list makes Genesys rebuild the list's index. The gateway appends
    // nothing until the index is ready [guide-api: Contacts].
    if (!wipesNext(run)) await checkList(run)
  }

  return {
    work,
    drain,
    close: () => closeQueue(queue),
    adoptSent: () => adoptSent(run, sent),
  }
}

/**
 * Closes the queue, and waits until the job ids of sent batches are stored. Otherwise the next run
 * would send these batches again, although nothing went wrong.
 */
const closeQueue = async (queue: SettleQueue<InFlight>): Promise<void> => {
  await queue.close()
  await Promise.allSettled(queue.all().map(({ noted }) => noted))
}

const adoptSent = async (run: DeliveryRun, sent: Sent): Promise<void> => {
  const { queue, again, jobsFailed } = sent
  const known = new Set([...queue.all(), ...again].map(({ batch }) => batch.id))
  for (const batch of await run.deps.delivery.batches(run.upload.id)) {
    if (batch.state !== 'sent' || batch.jobId === null) continue
    if (known.has(batch.id) || jobsFailed.has(batch.id)) continue
    queue.push(resumed(run, batch, await planChunk(run, batch.chunkSeq, true)))
  }
}

const INGESTED: JobStatus = { state: 'completed', processed: 0, failed: 0, errors: [] }

const noteJob = (run: DeliveryRun, batch: Batch, jobId: string | null): Promise<void> => {
  if (jobId === null) return Promise.resolve()
  const noted = run.deps.delivery.noteJob(run.claim, batch.id, jobId)
  // The promise is awaited before the job is read. Until then nobody handles its error.
  noted.catch(() => undefined)
  return noted
}

const resumed = (run: DeliveryRun, batch: Batch, plan: ChunkPlan): InFlight => ({
  batch,
  plan: withoutCells(plan),
  jobId: batch.jobId,
  sentAtMs: run.deps.clock.monotonicMs(),
  noted: Promise.resolve(),
  adopted: true,
})

const settleEnded = async (
  run: DeliveryRun,
  sent: InFlight,
  job: JobStatus | null,
  failedJobs: FailedJobs,
): Promise<void> => {
  const wiping = wipesNext(run)
  if (job?.state === 'completed') await recordCleared(run)
  await settleJob(run, sent, job)
  if (failedJobs !== 'resend') return
  if (wiping && wipesNext(run)) throw overwriteFailed()
  checkGoingOn(run)
}

const settleJob = (run: DeliveryRun, sent: InFlight, job: JobStatus | null): Promise<void> => {
  const { batch, plan, sentAtMs } = sent
  const latencyMs = Math.round(run.deps.clock.monotonicMs() - sentAtMs)
  const outcome = job === null ? lost(batch) : outcomeOfJob(batch, plan, job)
  return settleBatch(run, batch, plan, outcome, latencyMs)
}

const lost = (batch: Batch): BatchOutcome => ({
  ended: 'lost',
  failed: new Map(sentRows(batch).map((row) => [row, failedWith('genesys-job-lost')])),
  unidentified: 0,
})
