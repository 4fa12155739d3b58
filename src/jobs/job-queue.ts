import { PgBoss, type Job } from 'pg-boss'

import type { Clock } from '../lib/clock.ts'
import type { Emit } from '../telemetry/events.ts'
import {
  QUEUES,
  type JobQueue,
  type QueueName,
  type SqlExecutor,
} from '../workflows/ports/platform.ts'

/** Handlers of one fetch run side by side; a slow endpoint holds up at most its own fetch. */
const JOBS_A_FETCH = 10
/** Each polls the database; a look at a receipt is over in a moment, an endpoint may take its 5 s. */
const FETCHERS = {
  'sync-delivery': 3,
  'webhook-verify': 1,
  reconcile: 1,
} as const satisfies Record<QueueName, number>
/** A poke comes this long after a send in a transaction: it should have committed by then; the poll finds it otherwise. */
const POKE_AFTER_MS = 40
/** pg-boss polls no faster. */
const MIN_POLL_MS = 500
const STOP_WITHIN_MS = 5_000

const SETTINGS = {
  // A failed handler is a fault of ours or of the database; the delivery's own schedule is in its rows.
  retryLimit: 5,
  retryDelay: 1,
  retryBackoff: true,
  retryDelayMax: 60,
  // Longer than any handler's own deadline.
  expireInSeconds: 120,
  deleteAfterSeconds: 3600,
} as const

const NO_JOB = '00000000-0000-0000-0000-000000000000'

type Payload = { id: string }

const createBoss = (sql: SqlExecutor): PgBoss =>
  new PgBoss({
    db: sql,
    schema: 'jobs',
    // No cron, no reindexing, little monitoring: every query is paid for by the embedded home's only thread.
    schedule: false,
    reindex: false,
    monitorVacuum: false,
    superviseIntervalSeconds: 60,
    monitorIntervalSeconds: 60,
    maintenanceIntervalSeconds: 3600,
    queueCacheIntervalSeconds: 300,
  })

/** unique_violation of a catalogue, duplicate_schema, duplicate_table, duplicate_object. */
const MADE_BY_ANOTHER = new Set(['23505', '42P06', '42P07', '42710'])
const START_TRIES = 5

/**
 * Instances that start together on an empty database race to make the queue's schema, and `create schema if not exists` then
 * fails in the one that comes second: by that time the schema is there, so it starts again.
 */
const startBoss = async (sql: SqlExecutor, onError: (error: unknown) => void): Promise<PgBoss> => {
  for (let attempt = 1; ; attempt += 1) {
    const boss = createBoss(sql)
    boss.on('error', onError)
    try {
      await boss.start()
      return boss
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? String(error.code) : ''
      if (attempt === START_TRIES || !MADE_BY_ANOTHER.has(code)) throw error
    }
  }
}

const startFetchers = async (
  boss: PgBoss,
  queue: QueueName,
  pollMs: number,
  handle: (jobs: Job<Payload>[]) => Promise<{ id: string; status: 'completed' | 'failed' }[]>,
): Promise<string[]> => {
  const options = {
    batchSize: JOBS_A_FETCH,
    burstWhenBatchFull: true,
    perJobResults: true,
    pollingIntervalSeconds: Math.max(MIN_POLL_MS, pollMs) / 1000,
  } as const
  const ids: string[] = []
  for (let count = 0; count < FETCHERS[queue]; count += 1) {
    ids.push(await boss.work<Payload, unknown, typeof options>(queue, options, handle))
  }
  return ids
}

/**
 * pg-boss behind the port. Every queue exists and is known after this resolves, so that a send inside a transaction needs no
 * connection of its own. `pollMs` (500 at least, the default): how soon another instance's job is found; our own are poked.
 */
export const createJobQueue = async (deps: {
  sql: SqlExecutor
  handlers: Record<QueueName, (id: string) => Promise<void>>
  emit: Emit
  clock: Clock
  pollMs?: number
}): Promise<JobQueue & { start(): Promise<void>; stop(): Promise<void> }> => {
  const failed = (queue: string, error: unknown): void =>
    deps.emit('job.failed', { queue, error: error instanceof Error ? error.message : 'unknown' })
  const boss = await startBoss(deps.sql, (error) => failed('queue', error))
  for (const queue of QUEUES) {
    await boss.createQueue(queue, SETTINGS)
    await boss.updateQueue(queue, SETTINGS)
    // Makes pg-boss remember the queue: looked up on the first send, a transaction on the one connection would wait for itself.
    await boss.findJobs(queue, { id: NO_JOB })
  }
  const workers = new Map<QueueName, string[]>()
  const poking = new AbortController()

  const poke = async (queue: QueueName): Promise<void> => {
    try {
      await deps.clock.sleep(POKE_AFTER_MS, poking.signal)
    } catch {
      return
    }
    for (const worker of workers.get(queue) ?? []) boss.notifyWorker(worker)
  }

  const handle = async (queue: QueueName, jobs: Job<Payload>[]) =>
    Promise.all(
      jobs.map(async (job) => {
        try {
          await deps.handlers[queue](job.data.id)
          return { id: job.id, status: 'completed' as const }
        } catch (error) {
          failed(queue, error)
          return { id: job.id, status: 'failed' as const }
        }
      }),
    )

  return {
    send: async (queue, id, options) => {
      const payload: Payload = { id }
      await boss.send(queue, payload, {
        ...(options.startAfterMs > 0 ? { startAfter: Math.ceil(options.startAfterMs / 1000) } : {}),
        ...(options.sql ? { db: options.sql } : {}),
      })
      if (options.startAfterMs === 0) void poke(queue)
    },
    start: async () => {
      for (const queue of QUEUES) {
        const handler = (jobs: Job<Payload>[]) => handle(queue, jobs)
        workers.set(queue, await startFetchers(boss, queue, deps.pollMs ?? MIN_POLL_MS, handler))
      }
    },
    stop: async () => {
      poking.abort()
      await boss.stop({ graceful: true, close: false, timeout: STOP_WITHIN_MS })
    },
  }
}
