import { randomUUID } from 'node:crypto'

import type { Clock } from '../../lib/clock.ts'
import { Refusal } from '../server/refusal.ts'
import type { DueEffects } from './due-effects.ts'

export type BulkJob = {
  id: string
  listId: string
  type: 'BulkEdit' | 'BulkDelete'
  state: 'InProgress' | 'Complete' | 'Failed'
  total: number
  failure: { code: string; message: string } | null
  /** The URL of the backup that was made before the job began. null: no backup was requested. */
  downloadUri: string | null
}

/** Changes to many contacts, made after the call was answered [platform-api: 2.6]. */
export type BulkJobs = {
  start(job: Omit<BulkJob, 'id' | 'state'>, apply: () => void): BulkJob
  /** Throws a 404 refusal. */
  get(listId: string, id: string): BulkJob
  /** The last ten jobs of the list, newest first. */
  latest(listId: string): BulkJob[]
  reset(): void
}

const SHOWN = 10

/**
 * A job ends `durationMs` after its start, when the due effects are applied. A job with a `failure`
 * then ends as `Failed` and changes no contact.
 */
export const createBulkJobs = (deps: {
  clock: Clock
  effects: DueEffects
  durationMs: number
}): BulkJobs => {
  let jobs: BulkJob[] = []
  return {
    start: (found, apply) => {
      const job: BulkJob = { ...found, id: randomUUID(), state: 'InProgress' }
      jobs.push(job)
      deps.effects.add({
        atMs: deps.clock.monotonicMs() + deps.durationMs,
        apply: () => {
          job.state = job.failure ? 'Failed' : 'Complete'
          if (!job.failure) apply()
        },
      })
      return job
    },
    get: (listId, id) => {
      const job = jobs.find((found) => found.id === id && found.listId === listId)
      if (!job) throw new Refusal(404, 'not.found', 'The job was not found.')
      return job
    },
    latest: (listId) =>
      jobs
        .filter((job) => job.listId === listId)
        .slice(-SHOWN)
        .toReversed(),
    reset: () => {
      jobs = []
    },
  }
}
