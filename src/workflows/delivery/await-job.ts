import { GenesysFailure } from '../../domain/genesys/genesys-failure.ts'
import type { JobStatus } from '../ports/genesys/genesys.ts'
import { callGenesys } from './call-genesys.ts'
import { createLongWait } from './long-wait.ts'
import { DeliveryEnds, type DeliveryRun } from './run.ts'

/**
 * The longest time without a poll, if `completionPollMs` is not longer. A job may take hours
 * because of a backlog in Genesys, and the next job only seconds. Without this limit, the lane
 * would wait for hours for the second job.
 */
const LONGEST_UNSEEN_MS = 60_000
/**
 * The wait between two polls grows to at most this many times `completionPollMs`. Two waits may be
 * longer: the first one, and a wait before the time at which the job will probably end.
 */
const MAX_POLL_FACTOR = 10
/**
 * If the first poll of a job finds the job ended, the expected time was probably too long. The next
 * job is then expected to take this share of that time, so its first poll comes sooner.
 */
const SOONER = 0.9
/** The first wait between two polls of a job, as a share of the time that the last job took. */
const BETWEEN = 0.25

/**
 * Polls a job until it ends, within the pace. After a nudge, the next poll comes earlier. Returns
 * null if Genesys does not know the job (lost). If the job is still processing after
 * `retryWindowMs`, the upload is held.
 */
export const awaitJob = async (
  run: DeliveryRun,
  jobId: string,
  sentAtMs: number,
): Promise<JobStatus | null> => {
  const { clock, completionPollMs, contactLists, retryWindowMs, holdRetryMs } = run.deps
  const startedMs = clock.monotonicMs()
  const wait = createNudgedWait(run)
  const spanMs = Math.max(completionPollMs, run.jobSpanMs.value() ?? 0)
  const longestMs = Math.max(completionPollMs, LONGEST_UNSEEN_MS)
  const untilLikelyEndMs = (): number =>
    Math.min(longestMs, sentAtMs + spanMs - clock.monotonicMs())
  let waitMs = Math.min(longestMs, Math.max(completionPollMs, spanMs * BETWEEN))
  // The first wait may have passed already, during the waits for earlier batches.
  const firstMs = untilLikelyEndMs()
  if (firstMs > 0) await wait(firstMs)
  for (let look = 1; ; look += 1) {
    const job = await readJob(run, () =>
      callGenesys(run, 'poll', (context) => contactLists.readJob(jobId, context)),
    )
    if (job === null || job.state !== 'processing') {
      const tookMs = clock.monotonicMs() - sentAtMs
      run.jobSpanMs.note(look === 1 ? spanAfterHit(spanMs, tookMs, longestMs) : tookMs)
      return job
    }
    if (clock.monotonicMs() - startedMs >= retryWindowMs) {
      throw new DeliveryEnds({
        kind: 'hold',
        reason: 'genesys_unavailable',
        retryInMs: holdRetryMs,
        failure: 'job_processing',
      })
    }
    await wait(Math.max(waitMs, untilLikelyEndMs()))
    waitMs = Math.min(waitMs * 1.5, completionPollMs * MAX_POLL_FACTOR)
  }
}

/**
 * How long the next job will probably take, after the first poll of a job found this job ended.
 * `tookMs`: the time from sending to this poll. null: the job was so much faster than expected that
 * the next job is polled like the first one.
 */
const spanAfterHit = (spanMs: number, tookMs: number, longestMs: number): number | null =>
  spanMs > longestMs && tookMs < spanMs / 2 ? null : spanMs * SOONER

/** A long wait that ends early on a nudge. A nudge that arrived since the last wait counts too. */
const createNudgedWait = (run: DeliveryRun): ((ms: number) => Promise<void>) => {
  const wait = createLongWait(run)
  const { nudges } = run.lease
  if (!nudges) return wait
  return async (ms) => {
    if (nudges.take()) return wait(0)
    // Several waits may run at the same time. If they shared one flag, the first wait that reads
    // the flag would reset it for the others. So each wait has its own signal.
    const nudged = nudges.next()
    await wait(ms, nudged)
    if (nudged.aborted) nudges.take()
  }
}

const readJob = async (
  run: DeliveryRun,
  read: () => Promise<JobStatus>,
): Promise<JobStatus | null> => {
  try {
    return await read()
  } catch (error) {
    if (!(error instanceof GenesysFailure)) throw error
    if (error.kind === 'not_found') return null
    run.lease.assertHeld()
    throw error
  }
}
