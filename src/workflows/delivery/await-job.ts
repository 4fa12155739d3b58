import { GenesysFailure } from '../../domain/genesys/genesys-failure.ts'
import type { JobStatus } from '../ports/genesys/genesys.ts'
import { callGenesys } from './call-genesys.ts'
import type { DeliveryRun } from './run.ts'
import { askGoingOn, DeliveryEnds, pauseUnlessNudged } from './run.ts'

/**
 * The wait between two polls grows to at most this many times `completionPollMs`. Only the first of
 * these waits may be longer.
 */
const MAX_POLL_FACTOR = 10
/**
 * If the first poll of a job finds the job ended, the expected time was probably too long. The next
 * job is then expected to take this share of that time, so its first poll comes sooner.
 */
const SOONER = 0.9
/** The first wait between two polls of a job, as a share of the time that the last job took. */
const BETWEEN = 0.25
/** How often a run that waits for a job checks in the store whether the upload may continue. */
const ASK_EVERY_MS = 5_000

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
  const spanMs = Math.max(completionPollMs, run.jobSpanMs.value() ?? 0)
  let waitMs = Math.max(completionPollMs, spanMs * BETWEEN)
  let askedMs = startedMs
  // The first wait may have passed already, during the waits for earlier batches.
  const firstMs = Math.max(0, sentAtMs + spanMs - startedMs)
  if (firstMs > 0) await pauseUnlessNudged(run, firstMs)
  for (let look = 1; ; look += 1) {
    const job = await readJob(run, () =>
      callGenesys(run, 'poll', (context) => contactLists.readJob(jobId, context)),
    )
    if (job === null || job.state !== 'processing') {
      run.jobSpanMs.note(look === 1 ? spanMs * SOONER : clock.monotonicMs() - sentAtMs)
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
    await pauseUnlessNudged(run, waitMs)
    waitMs = Math.min(waitMs * 1.5, completionPollMs * MAX_POLL_FACTOR)
    if (clock.monotonicMs() - askedMs >= ASK_EVERY_MS) {
      await askGoingOn(run)
      askedMs = clock.monotonicMs()
    }
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
