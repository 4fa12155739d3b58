import { GenesysFailure } from '../../domain/genesys-failure.ts'
import type { Batch } from '../ports/delivery.ts'
import type { JobStatus } from '../ports/genesys.ts'
import { awaitJob } from './await-job.ts'
import { checkList } from './list-state.ts'
import { overwriteFailed, recordCleared, wipesNext } from './overwrite.ts'
import type { ChunkPlan } from './plan-batch.ts'
import { planChunk, sentRows } from './plan-batch.ts'
import { actOnRefusal, endIfCancelled } from './refusals.ts'
import type { DeliveryRun } from './run.ts'
import { checkGoingOn, moveTo } from './run.ts'
import { sendBatch } from './send-batch.ts'
import {
  ALL_DELIVERED,
  failedRow,
  outcomeOfJob,
  settleAndGoOn,
  settleBatch,
} from './settle-batch.ts'

type InFlight = { batch: Batch; plan: ChunkPlan; jobId: string; sentAtMs: number }

/** What a batch whose job failed as a whole comes to: sent once more, left for a later run, or settled as failed. */
export type FailedJobs = 'resend' | 'leave' | 'settle'

export type Pipeline = {
  /** Takes a batch as far as it goes now: settled, or sent with its job to be read later. Waits while too many are in flight. */
  work(batch: Batch, plan: ChunkPlan): Promise<void>
  /** Reads every job that is still out, oldest first, and settles its batch. */
  drain(failedJobs: FailedJobs): Promise<void>
  /** Takes in batches that an earlier run sent and that this one has not come to. */
  adoptSent(): Promise<void>
}

/** A job that failed as a whole is sent once more under the same id before its rows count as failed. */
const MAX_SENDS_OF_FAILED_JOB = 2
const DEFAULT_CONCURRENCY = 4

/** The batches of one run between Genesys' "accepted" and its word that they are ingested. */
export const createPipeline = (run: DeliveryRun): Pipeline => {
  const { clock, concurrency = DEFAULT_CONCURRENCY } = run.deps
  const inFlight: InFlight[] = []
  const jobsFailed = new Map<string, number>()

  const send = async (batch: Batch, plan: ChunkPlan): Promise<void> => {
    checkGoingOn(run)
    await moveTo(run, 'delivering')
    const startedMs = clock.monotonicMs()
    const answer = await sendBatch(run, batch, plan)
    if (answer instanceof GenesysFailure) {
      await endIfCancelled(run, batch, plan, answer)
      for (const part of await actOnRefusal(run, batch, plan, answer)) await work(part, plan)
    } else if (answer.kind === 'accepted') {
      inFlight.push({ batch, plan, jobId: answer.jobId, sentAtMs: startedMs })
    } else {
      const latencyMs = Math.round(clock.monotonicMs() - startedMs)
      await settleAndGoOn(run, batch, plan, ALL_DELIVERED, latencyMs)
    }
  }

  const settleOldest = async (failedJobs: FailedJobs): Promise<void> => {
    const oldest = inFlight[0]
    if (oldest === undefined) return
    const { batch, plan, jobId, sentAtMs } = oldest
    const job = await awaitJob(run, jobId, sentAtMs)
    inFlight.shift()
    if (job === null || job.state === 'failed') {
      const failures = (jobsFailed.get(batch.id) ?? 0) + 1
      jobsFailed.set(batch.id, failures)
      if (failedJobs === 'leave') return
      if (failedJobs === 'resend' && failures < MAX_SENDS_OF_FAILED_JOB) {
        await send(batch, plan)
        return
      }
    }
    jobsFailed.delete(batch.id)
    await settleEnded(run, oldest, job, failedJobs)
  }

  const drain = async (failedJobs: FailedJobs): Promise<void> => {
    while (inFlight.length > 0) await settleOldest(failedJobs)
  }

  const work = async (batch: Batch, plan: ChunkPlan): Promise<void> => {
    if (batch.state === 'settled') return
    if (sentRows(batch).length === 0) {
      await settleAndGoOn(run, batch, plan, ALL_DELIVERED, 0)
      return
    }
    while (inFlight.length >= concurrency) await settleOldest('resend')
    const wiping = wipesNext(run)
    if (batch.state === 'sent' && batch.jobId !== null) {
      inFlight.push({ batch, plan, jobId: batch.jobId, sentAtMs: clock.monotonicMs() })
    } else {
      await send(batch, plan)
    }
    if (!wiping || inFlight.length === 0) return
    await drain('resend')
    // The wiping request has the list's index rebuilt: nothing is appended before it stands again (guide-api, "Contacts").
    await checkList(run)
  }

  return { work, drain, adoptSent: () => adoptSent(run, inFlight, jobsFailed) }
}

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

const adoptSent = async (
  run: DeliveryRun,
  inFlight: InFlight[],
  jobsFailed: ReadonlyMap<string, number>,
): Promise<void> => {
  const adopted = new Set(inFlight.map(({ batch }) => batch.id))
  for (const batch of await run.deps.delivery.batches(run.upload.id)) {
    if (batch.state !== 'sent' || batch.jobId === null) continue
    if (adopted.has(batch.id) || jobsFailed.has(batch.id)) continue
    const plan = await planChunk(run, batch.chunkSeq, true)
    inFlight.push({ batch, plan, jobId: batch.jobId, sentAtMs: run.deps.clock.monotonicMs() })
  }
}

const settleJob = (run: DeliveryRun, sent: InFlight, job: JobStatus | null): Promise<void> => {
  const { batch, plan, sentAtMs } = sent
  const latencyMs = Math.round(run.deps.clock.monotonicMs() - sentAtMs)
  const outcome = job === null ? lost(batch) : outcomeOfJob(batch, plan, job)
  return settleBatch(run, batch, plan, outcome, latencyMs)
}

const lost = (batch: Batch) => ({
  failed: new Map(sentRows(batch).map((row) => [row, failedRow('job-lost', null)])),
  unidentified: 0,
})
