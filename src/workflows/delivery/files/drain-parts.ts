import { awaitJobOf } from '../job-of-request.ts'
import { recordCleared } from '../overwrite.ts'
import { aside, type DeliveryRun } from '../run.ts'
import { speaksOfSchema } from '../schema-refusal.ts'
import { PART_JOB_LOST, settlePart } from './settle-part.ts'
import { openParts } from './work-parts.ts'

/**
 * Finds out the outcome of parts that have a job in Genesys, and sends nothing. Skips imports of
 * the platform, because they have no job. `failedJobs` decides about a part whose job failed as a
 * whole or was lost: `leave` it for a later run, or `settle` it as failed.
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
    const job = await aside(run, () => awaitJobOf(run, { id: part.id, jobId }, startedMs))
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
