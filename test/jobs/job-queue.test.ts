import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'

import { StoreUnavailable } from '../../src/domain/problems/store-unavailable.ts'
import { createJobQueue } from '../../src/jobs/job-queue.ts'
import { createSweeper } from '../../src/lanes/sweeper.ts'
import { systemClock } from '../../src/lib/clock.ts'
import type { Store } from '../../src/store/homes/open-store.ts'
import { eachHome, openTestStore } from '../support/databases/database.ts'
import { stageUpload } from '../support/stages/store-uploads.ts'
import { createManualClock } from '../support/stages/test-clock.ts'

type Queue = Awaited<ReturnType<typeof createJobQueue>>

const handlers = (sync: (id: string) => Promise<void>) => ({
  'sync-delivery': sync,
  'webhook-verify': async () => undefined,
  reconcile: async () => undefined,
})

/** A database that the test can switch off. It counts its answers. */
const switchable = (sql: Store['sql']) => {
  let away = false
  const refused = { count: 0, enough: Promise.withResolvers<void>() }
  return {
    refused,
    set: (value: boolean) => {
      away = value
    },
    sql: {
      executeSql: async (text: string, values?: unknown[]) => {
        if (!away) return sql.executeSql(text, values)
        refused.count += 1
        if (refused.count === 8) refused.enough.resolve()
        throw new StoreUnavailable('The database does not answer (ECONNREFUSED)')
      },
    },
  }
}

eachHome('The job queue', (home) => {
  let store: Store
  let queue: Queue
  before(async () => {
    store = await openTestStore(await home.fresh())
    await store.access.ensureAdmin({ digest: Buffer.alloc(32, 3), scopes: ['admin'] })
    const endpoint = { name: 'crm', url: 'https://crm.example', secret: 'whsec_abc' }
    await store.sync.ensureEnvEndpoints([{ ...endpoint, events: ['upload.completed'] }])
    queue = await createJobQueue({
      sql: store.sql,
      handlers: handlers(async () => undefined),
      emit: () => {},
      clock: systemClock,
    })
    store.connectJobs(queue)
  })
  after(async () => {
    await queue.stop()
    await store.close()
  })

  const waiting = async (id: string): Promise<{ due: boolean }[]> => {
    const { rows } = await store.sql.executeSql(
      `select start_after <= jobs.job_now() as due from jobs.job
        where name = 'sync-delivery' and data ->> 'id' = $1 and state = 'created'`,
      [id],
    )
    return rows as { due: boolean }[]
  }

  it('is not given a delivery again that only waits in a backlog, however often the sweeper looks', async () => {
    await stageUpload(store, { accepted: [], rejected: 1 })
    const { rows } = await store.sql.executeSql(
      `update sync_delivery set next_at = next_at - interval '1 minute' returning id`,
    )
    const [{ id }] = rows as [{ id: string }]
    const clock = createManualClock()
    const resent: number[] = []
    const sweeper = createSweeper({
      lanes: { wakeHeld: async () => 0, repair: async () => 0 },
      uploads: { sweepReceiving: async () => 0 },
      dncLane: { wakeRenewals: async () => 0 },
      submissions: { sweepReceiving: async () => 0 },
      guestFiles: { sweepReceiving: async () => 0 },
      sync: store.sync,
      receipts: { sweep: async () => [] },
      reconciliations: { overdue: async () => [] },
      jobs: queue,
      lookAtClock: async () => undefined,
      clock,
      emit: (_, fields) => {
        if ('syncResent' in fields) resent.push(fields.syncResent)
        swept.resolve()
      },
      wake: () => undefined,
    })
    let swept = Promise.withResolvers<void>()
    const sweep = async (): Promise<void> => {
      swept = Promise.withResolvers<void>()
      await clock.advance(5_000)
      await swept.promise
    }
    sweeper.start()
    await sweep()
    await sweep()
    assert.deepEqual(await waiting(id), [{ due: true }])
    await store.sql.executeSql(`delete from jobs.job where data ->> 'id' = $1`, [id])
    await sweep()
    await sweeper.stop()
    assert.deepEqual(await waiting(id), [{ due: true }])
    assert.deepEqual(resent, [0, 0, 1])
  })

  it('has one waiting job for an id, at the time asked for last', async () => {
    await queue.send('sync-delivery', 'msg_a', { startAfterMs: 3_600_000 })
    assert.deepEqual(await waiting('msg_a'), [{ due: false }])
    await queue.send('sync-delivery', 'msg_a', { startAfterMs: 0 })
    assert.deepEqual(await waiting('msg_a'), [{ due: true }])
    await queue.send('sync-delivery', 'msg_a', { startAfterMs: 60_000 })
    assert.deepEqual(await waiting('msg_a'), [{ due: false }])
  })

  it('takes a job for an id whose last one is being worked', async () => {
    await queue.send('sync-delivery', 'msg_b', { startAfterMs: 0 })
    await store.sql.executeSql(`update jobs.job set state = 'active' where data ->> 'id' = 'msg_b'`)
    assert.equal(await queue.resend('sync-delivery', ['msg_b', 'msg_b']), 1)
    assert.deepEqual(await waiting('msg_b'), [{ due: true }])
  })

  it('made by an earlier version keeps its jobs and takes each id once from then on', async () => {
    await store.sql.executeSql(`update jobs.queue set policy = 'standard'`)
    await queue.send('sync-delivery', 'msg_old', { startAfterMs: 0 })
    const second = await createJobQueue({
      sql: store.sql,
      handlers: handlers(async () => undefined),
      emit: () => {},
      clock: systemClock,
    })
    assert.equal(await second.resend('sync-delivery', ['msg_old', 'msg_new']), 2)
    assert.equal(await second.resend('sync-delivery', ['msg_old', 'msg_new']), 0)
    assert.equal((await waiting('msg_old')).length, 2)
    await second.stop()
  })

  it('tells once that its database is away and once that it is back', async () => {
    const told: unknown[] = []
    const back = Promise.withResolvers<void>()
    const database = switchable(store.sql)
    const watched = await createJobQueue({
      sql: database.sql,
      handlers: handlers(async () => undefined),
      emit: (name, fields) => {
        told.push([name, 'reason' in fields ? fields.reason : null])
        if (name === 'queue.back') back.resolve()
      },
      clock: systemClock,
    })
    await watched.start()
    database.set(true)
    await database.refused.enough.promise
    database.set(false)
    await back.promise
    await watched.stop()
    assert.deepEqual(told, [
      ['queue.lost', 'StoreUnavailable'],
      ['queue.back', null],
    ])
  })
})
