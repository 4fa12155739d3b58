import { randomUUID } from 'node:crypto'

import type { Clock } from '../../lib/clock.ts'
import { Refusal } from '../server/refusal.ts'

export type JobError = { index: number; contactId?: string; field?: string; message: string }

type Job = {
  id: string
  readyAtMs: number
  outcome: 'completed' | 'failed'
  processed: number
  failed: number
  errors: JobError[]
}

export type IngestJobs = {
  /**
   * Starts a job that reports `processing` until `jobDelayMs` have passed. Returns its id and when
   * it ends (monotonic).
   */
  start(result: Omit<Job, 'id' | 'readyAtMs'>): { jobId: string; readyAtMs: number }
  /** The answer of GET /jobs/{jobId}. Throws a 404 refusal. */
  describe(jobId: string): Record<string, unknown>
  reset(): void
}

/**
 * The outcome of a job is fixed at its start, and shown after `jobDelayMs`. Jobs stay readable
 * until `reset`.
 */
export const createIngestJobs = (deps: { clock: Clock; jobDelayMs: number }): IngestJobs => {
  const jobs = new Map<string, Job>()
  return {
    start: (result) => {
      const id = randomUUID()
      const readyAtMs = deps.clock.monotonicMs() + deps.jobDelayMs
      jobs.set(id, { id, readyAtMs, ...result })
      return { jobId: id, readyAtMs }
    },
    describe: (jobId) => {
      const job = jobs.get(jobId)
      if (!job) throw new Refusal(404, 'job.not.found', 'The job was not found.')
      if (deps.clock.monotonicMs() < job.readyAtMs) {
        return { id: jobId, status: 'processing', processed: 0, failed: 0, errors: [] }
      }
      const { outcome, processed, failed, errors } = job
      return { id: jobId, status: outcome, processed, failed, errors }
    },
    reset: () => jobs.clear(),
  }
}
