import type { JobStatus } from '../ports/genesys/genesys.ts'
import { awaitJob } from './await-job.ts'
import type { DeliveryRun } from './run.ts'
import { speaksOfSchema } from './schema-refusal.ts'

/**
 * Waits for the job of a request, as `awaitJob` does. If the job failed as a whole or refused the
 * columns, the request may stay open, so that its rows are sent again later. Then also stores that
 * the job has ended, because an erasure must not wait for such a request. A job that Genesys does
 * not find (null) may still run, so it proves nothing.
 */
export const awaitJobOf = async (
  run: DeliveryRun,
  { id, jobId }: { id: string; jobId: string },
  sentAtMs: number,
): Promise<JobStatus | null> => {
  const job = await awaitJob(run, jobId, sentAtMs)
  if (job !== null && (job.state === 'failed' || speaksOfSchema(job))) {
    await run.deps.delivery.noteJobEnd(run.claim, id, jobId)
  }
  return job
}
