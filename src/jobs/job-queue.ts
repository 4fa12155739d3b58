import { PgBoss, type Job } from 'pg-boss'

import type { Clock } from '../lib/clock.ts'
import { traceOf } from '../lib/error-trace.ts'
import type { Emit } from '../telemetry/events.ts'
import {
  QUEUES,
  type JobMover,
  type JobQueue,
  type JobResender,
  type QueueName,
  type SqlExecutor,
} from '../workflows/ports/jobs/jobs.ts'
import { saysUnavailable, watchOutages } from './outage-watch.ts'

/**
 * The most jobs of one fetch. Their handlers run at the same time, and the fetcher fetches again
 * when all have ended. A slow endpoint therefore delays the next fetch of its fetcher, but no
 * handler of the same fetch.
 */
const JOBS_A_FETCH = 10
/**
 * How many fetchers a queue has. Each fetcher polls the database. Checking a receipt is fast, but
 * an endpoint may take up to 5 s to answer.
 */
const FETCHERS = {
  'sync-delivery': 3,
  'webhook-verify': 1,
  reconcile: 1,
} as const satisfies Record<QueueName, number>
/**
 * The gateway makes the fetchers fetch this long after a job is due. By then, the transaction that
 * sends the job has usually committed. If not, the next poll finds the job.
 */
const POKE_AFTER_MS = 40
/**
 * All jobs of a queue that are due in the same interval of this length cause one early fetch of
 * each fetcher.
 */
const POKE_TICK_MS = 20
/** Jobs that are due later than this wait for the poll, so that there are few timers. */
const POKED_WITHIN_MS = 60_000
/** pg-boss does not poll more often than this. */
const MIN_POLL_MS = 500
/**
 * The wait between two polls of a fetcher. With ten polls a second, polling was half of the work of
 * an idle database. Jobs of this instance that are due within a minute do not wait for a poll.
 */
const POLL_MS = 3_000
const STOP_WITHIN_MS = 5_000

const SETTINGS = {
  // A handler that fails is a fault of the gateway or of the database. The row of a delivery
  // decides when its endpoint is tried again, not these retries.
  retryLimit: 5,
  retryDelay: 1,
  retryBackoff: true,
  retryDelayMax: 60,
  // Longer than the deadline of any handler.
  expireInSeconds: 120,
  deleteAfterSeconds: 3600,
} as const

/**
 * With this policy, pg-boss keeps at most one waiting job for each key. The key of a job is the id
 * that the job contains.
 */
const POLICY = 'short'

/**
 * Gives the policy to a queue that an earlier version made. The queue keeps its jobs. pg-boss
 * itself never changes a policy.
 */
const KEEP_POLICY = `update jobs.queue set policy = '${POLICY}' where name = $1 and policy <> '${POLICY}'`

/**
 * Changes the time of a waiting job. It finds the job by the unique index of the policy. The
 * update() of pg-boss has no index for finding a job by its key.
 */
const MOVE = `update jobs.job set start_after = jobs.job_now() + $3::int * interval '1 second' where name = $1
  and coalesce(singleton_key, '') = $2 and state = 'created' and policy = '${POLICY}' returning id`

/**
 * Makes waiting jobs due now. The caller names jobs whose rows are already due. After the clock was
 * set back, such a job may be due later than its row.
 */
const MOVE_UP = `update jobs.job set start_after = jobs.job_now() where name = $1
  and coalesce(singleton_key, '') = any($2::text[]) and state = 'created' and policy = '${POLICY}'
  and start_after > jobs.job_now() returning id`

const FOLLOW_BACK = `update jobs.job set start_after = greatest(jobs.job_now(), start_after - $1::float8 * interval '1 millisecond')
  where name = any($2::text[]) and state in ('created', 'retry') and start_after > jobs.job_now()`

/**
 * Makes the housekeeping of pg-boss due. pg-boss compares stored times with the clock. After the
 * clock was set back, these times are in the future.
 */
const KEEP_HOUSE = `update jobs.queue set maintain_on = least(maintain_on, jobs.job_now()),
  monitor_on = least(monitor_on, jobs.job_now()), monitor_claim_on = least(monitor_claim_on, jobs.job_now())
  where greatest(maintain_on, monitor_on, monitor_claim_on) > jobs.job_now() + interval '1 minute'`

const NO_JOB = '00000000-0000-0000-0000-000000000000'

type Payload = { id: string }

const createBoss = (sql: SqlExecutor): PgBoss =>
  new PgBoss({
    db: sql,
    schema: 'jobs',
    // There is no cron, no reindexing and little monitoring, because the embedded database has one
    // thread for all queries.
    schedule: false,
    reindex: false,
    monitorVacuum: false,
    superviseIntervalSeconds: 60,
    monitorIntervalSeconds: 60,
    maintenanceIntervalSeconds: 3600,
    queueCacheIntervalSeconds: 300,
  })

/**
 * SQL states that an instance gets if another instance made the schema first: unique_violation of a
 * catalogue, duplicate_schema, duplicate_table, duplicate_object.
 */
const MADE_BY_ANOTHER = new Set(['23505', '42P06', '42P07', '42710'])
const START_TRIES = 5

/**
 * Starts pg-boss. Instances that start together on an empty database all try to make its schema. In
 * the slower ones `create schema if not exists` fails, although the schema then exists. Such an
 * instance starts pg-boss again.
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

const makeQueues = async (boss: PgBoss, sql: SqlExecutor): Promise<void> => {
  for (const queue of QUEUES) {
    await boss.createQueue(queue, { ...SETTINGS, policy: POLICY })
    await boss.updateQueue(queue, SETTINGS)
    await sql.executeSql(KEEP_POLICY, [queue])
    // Makes pg-boss remember the queue. Otherwise the first send inside a transaction would look
    // the queue up. The embedded home has only one connection, and the transaction uses it, so the
    // query and the transaction would wait for each other.
    await boss.findJobs(queue, { id: NO_JOB })
  }
}

const createSender = (
  boss: PgBoss,
  sql: SqlExecutor,
  poke: (queue: QueueName, dueInMs: number) => void,
): JobQueue & JobResender & JobMover => ({
  send: async (queue, id, options) => {
    const startAfter = Math.ceil(options.startAfterMs / 1000)
    const db = options.sql ?? sql
    const payload: Payload = { id }
    const give = async (): Promise<boolean> =>
      (await boss.send(queue, payload, { singletonKey: id, startAfter, db })) !== null
    const move = async (): Promise<boolean> =>
      (await db.executeSql(MOVE, [queue, id, startAfter])).rows.length > 0
    // If the waiting job was fetched between the two statements, `move` finds no job, and there is
    // room for a new one.
    if (!(await give()) && !(await move())) await give()
    poke(queue, startAfter * 1000)
  },
  resend: async (queue, ids) => {
    if (ids.length === 0) return 0
    const jobs = ids.map((id) => ({ data: { id }, singletonKey: id }))
    const made = (await boss.insert(queue, jobs, { returnId: true })) ?? []
    const { rows: movedUp } = await sql.executeSql(MOVE_UP, [queue, ids])
    const count = made.length + movedUp.length
    if (count > 0) poke(queue, 0)
    return count
  },
  followBack: async (backMs) => {
    await sql.executeSql(FOLLOW_BACK, [backMs, QUEUES])
    await sql.executeSql(KEEP_HOUSE)
  },
})

/** Makes the fetchers of a queue fetch when a job of this instance is due. */
const createPokes = (clock: Clock, look: (queue: QueueName) => void) => {
  const stopping = new AbortController()
  const waiting = new Set<string>()
  return {
    poke: async (queue: QueueName, dueInMs: number): Promise<void> => {
      const nowMs = clock.monotonicMs()
      const tick = Math.ceil((nowMs + dueInMs + POKE_AFTER_MS) / POKE_TICK_MS)
      const name = `${queue} ${tick}`
      if (dueInMs > POKED_WITHIN_MS || waiting.has(name)) return
      waiting.add(name)
      try {
        await clock.sleep(tick * POKE_TICK_MS - nowMs, stopping.signal)
      } catch {
        return
      } finally {
        waiting.delete(name)
      }
      look(queue)
    },
    stop: () => stopping.abort(),
  }
}

/**
 * The job queue on pg-boss. When this resolves, every queue exists, so sending inside a transaction
 * needs no second connection. `pollMs` (at least 500, default 3,000): the wait between two polls.
 * The polls find jobs of other instances, and jobs of this instance that are due in more than a
 * minute. Other jobs of this instance are fetched as soon as they are due.
 */
export const createJobQueue = async (deps: {
  sql: SqlExecutor
  handlers: Record<QueueName, (id: string) => Promise<void>>
  emit: Emit
  clock: Clock
  pollMs?: number
}): Promise<
  JobQueue & JobResender & JobMover & { start(): Promise<void>; stop(): Promise<void> }
> => {
  const { sql, isAway } = watchOutages(deps)
  const failed = (queue: QueueName | 'queue', error: unknown): void =>
    deps.emit('job.failed', { queue, error: traceOf(error) })
  // pg-boss reports an outage late and several times, once for each fetcher. By then, the outage
  // watch has already reported it.
  const boss = await startBoss(sql, (error) => {
    if (!saysUnavailable(error)) failed('queue', error)
  })
  await makeQueues(boss, sql)
  const workers = new Map<QueueName, string[]>()
  const pokes = createPokes(deps.clock, (queue) => {
    for (const worker of workers.get(queue) ?? []) boss.notifyWorker(worker)
  })

  const handle = async (queue: QueueName, jobs: Job<Payload>[]) =>
    Promise.all(
      jobs.map(async (job) => {
        try {
          await deps.handlers[queue](job.data.id)
          return { id: job.id, status: 'completed' as const }
        } catch (error) {
          if (!isAway() || !saysUnavailable(error)) failed(queue, error)
          return { id: job.id, status: 'failed' as const }
        }
      }),
    )

  return {
    ...createSender(boss, sql, (queue, dueInMs) => void pokes.poke(queue, dueInMs)),
    start: async () => {
      await sql.executeSql(KEEP_HOUSE)
      for (const queue of QUEUES) {
        const handler = (jobs: Job<Payload>[]) => handle(queue, jobs)
        workers.set(queue, await startFetchers(boss, queue, deps.pollMs ?? POLL_MS, handler))
      }
    },
    stop: async () => {
      pokes.stop()
      await boss.stop({ graceful: true, close: false, timeout: STOP_WITHIN_MS })
    },
  }
}
