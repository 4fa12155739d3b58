import { awaitJob } from '../await-job.ts'
import { recordCleared } from '../overwrite.ts'
import { aside, type DeliveryRun } from '../run.ts'
import { speaksOfSchema } from '../schema-refusal.ts'
import { PART_JOB_LOST, settlePart } from './settle-part.ts'
import { openParts } from './work-parts.ts'

/**
 * Finds out the outcome of parts that have a job in Genesys, and sends nothing. Imports of the
 * platform have no job, so it skips them. A part whose job failed as a whole is left for a later
 * run or settled as failed.
 */
export const drainParts = async (
  run: DeliveryRun,
  failedJobs: 'leave' | 'settle',
): Promise<void> => {
  if (run.upload.delivery.method === 'batches') return
  const { clock, delivery } = run.deps
  const parts = await delivery.parts(run.upload.id)
  for (const { part, batches } of openParts(parts, await delivery.batches(run.upload.id))) {
    const { jobId } = part
    if (jobId === null) continue
    const startedMs = clock.monotonicMs()
    const job = await aside(run, () => awaitJob(run, jobId, startedMs))
    const completed = job?.state === 'completed'
    if (failedJobs === 'leave' && (!completed || speaksOfSchema(job))) continue
    if (completed) await recordCleared(run)
    const latencyMs = Math.round(clock.monotonicMs() - startedMs)
    await settlePart(
      run,
      part,
      batches,
      job === null ? PART_JOB_LOST : { kind: 'job', job },
      latencyMs,
    )
  }
}
