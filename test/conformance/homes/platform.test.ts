import assert from 'node:assert/strict'
import { once } from 'node:events'
import { EventEmitter } from 'node:events'
import { after, before, it } from 'node:test'

import { createJobQueue } from '../../../src/jobs/job-queue.ts'
import { systemClock } from '../../../src/lib/clock.ts'
import type { Store } from '../../../src/store/homes/open-store.ts'
import { eachHome, openTestStore } from '../../support/databases/database.ts'
import {
  audit,
  beginUpload,
  chunkOf,
  claimKey,
  stageInput,
  stageUpload,
} from '../../support/stages/store-uploads.ts'

const slot = (bucket: string, rank = 2, maxAheadMs = 0) => ({
  bucket,
  rank,
  intervalMs: 1_000,
  maxAheadMs,
})

const HEARS = ['upload.completed'] as const

eachHome('Pace, access, lists and sync', (home) => {
  let store: Store
  let jobs: Awaited<ReturnType<typeof createJobQueue>>
  const handled = new EventEmitter()
  const refusing = new Set<string>()
  before(async () => {
    store = await openTestStore(await home.fresh())
    await store.access.ensureAdmin({ digest: Buffer.alloc(32, 3), scopes: ['admin'] })
    jobs = await createJobQueue({
      sql: store.sql,
      handlers: {
        'sync-delivery': async (id) => {
          handled.emit('job', id)
          if (refusing.delete(id)) throw new Error('once')
        },
        'webhook-verify': async () => undefined,
        reconcile: async () => undefined,
      },
      emit: () => {},
      clock: systemClock,
    })
    store.connectJobs(jobs)
  })
  after(async () => {
    await jobs.stop()
    await store.close()
  })

  const countJobs = async (): Promise<number> => {
    const { rows } = await store.sql.executeSql(
      `select count(*)::int as n from jobs.job where name = 'sync-delivery'`,
    )
    return (rows[0] as { n: number }).n
  }

  it('lays slots one interval apart, however many ask at once', async () => {
    const asked = await Promise.all(
      Array.from({ length: 5 }, () => store.pace.reserve(slot('spacing', 2, 60_000))),
    )
    const waits = asked.map(({ kind, waitMs }) => {
      assert.equal(kind, 'reserved')
      return waitMs
    })
    waits.sort((a, b) => a - b)
    // The five slots are four intervals apart, and the calls themselves took some of that time.
    assert.ok(waits[4]! > 3_000 && waits[4]! <= 4_000, `last slot after ${waits[4]} ms`)
    for (let n = 1; n < 5; n += 1) assert.ok(waits[n]! - waits[n - 1]! > 0)
    assert.equal((await store.pace.reserve(slot('spacing'))).kind, 'wait')
  })

  it('lets a more urgent call go first', async () => {
    await store.pace.reserve(slot('rank'))
    assert.equal((await store.pace.reserve(slot('rank', 0))).kind, 'wait')
    await store.sql.executeSql(`update pace set next_at = clock_timestamp() where bucket = 'rank'`)
    assert.equal((await store.pace.reserve(slot('rank', 2))).kind, 'wait')
    assert.equal((await store.pace.reserve(slot('rank', 0))).kind, 'reserved')
    await store.sql.executeSql(`update pace set next_at = clock_timestamp() where bucket = 'rank'`)
    assert.equal((await store.pace.reserve(slot('rank', 2))).kind, 'reserved')
  })

  it('reserves nothing in a blocked bucket; the longer block holds', async () => {
    await store.pace.throttle('blocked', 60_000)
    await store.pace.throttle('blocked', 1_000)
    const { kind, waitMs } = await store.pace.reserve(slot('blocked', 0, 600_000))
    assert.equal(kind, 'wait')
    assert.ok(waitMs > 50_000)
    await store.sql.executeSql(
      `update pace set blocked_until = clock_timestamp() where bucket = 'blocked'`,
    )
    assert.equal((await store.pace.reserve(slot('blocked', 0))).kind, 'reserved')
  })

  it('finds keys, ends the older one of the environment, and grants by id or star', async () => {
    const [old, current] = [Buffer.alloc(32, 3), Buffer.alloc(32, 4)]
    await store.access.ensureAdmin({ digest: current, scopes: ['admin'] })
    assert.notEqual((await store.access.findKey(old))?.revokedAt, null)
    const key = await store.access.findKey(current)
    assert.deepEqual([key?.tenantId, key?.scopes, key?.revokedAt], ['default', ['admin'], null])
    assert.equal(await store.access.findKey(Buffer.alloc(32, 9)), null)
    assert.equal(await store.access.isGranted('default', 'campaign', 'any'), true)
    assert.equal(await store.access.isGranted('other', 'campaign', 'any'), false)
  })

  it('remembers a list with its age', async () => {
    const list = {
      id: 'l1',
      name: 'List',
      status: 'ready' as const,
      schemaVersion: '1',
      columns: [{ name: 'phone', kind: 'phone' as const, required: true }],
      size: null,
    }
    assert.equal(await store.lists.get('l1'), null)
    await store.lists.put(list)
    await store.sql.executeSql(`update list_cache set read_at = read_at - interval '90 s'`)
    const cached = await store.lists.get('l1')
    assert.deepEqual(cached?.list, list)
    assert.ok(cached.ageMs >= 90_000)
  })

  it('refuses another Genesys org while work is unfinished', async () => {
    const binding = { dialect: 'guide', apiHost: 'a', clientId: 'c' }
    assert.equal(await store.home.bind(binding), 'bound')
    const { id } = await stageUpload(store, { list: 'bind' })
    assert.equal(await store.home.bind(binding), 'bound')
    assert.equal(await store.home.bind({ ...binding, dialect: 'platform' }), 'other')
    assert.equal((await store.home.gauges()).uploads.staged, 1)
    await store.sql.executeSql('delete from upload where id = $1', [id])
    assert.equal(await store.home.bind({ ...binding, dialect: 'platform' }), 'bound')
  })

  it('makes a job in the transaction of the event: after a rollback, there is no job', async () => {
    await store.sync.ensureEnvEndpoints([
      { name: 'crm', url: 'https://crm.example', secret: 'whsec_abc', events: HEARS },
      { name: 'dms', url: 'https://dms.example', secret: 'whsec_def', events: HEARS },
    ])
    const before = await countJobs()
    const id = await beginUpload(store, 'sync')
    const chunk = chunkOf(0, 2, [], 1)
    await store.uploads.appendChunks(id, [chunk])
    await claimKey(store, 'sync')
    const input = stageInput(id, chunk, 'sync')
    // With an audit id that exists already, the last statement but one fails (the last is the
    // event's).
    const taken = audit('upload.accepted', id)
    await store.audit.append([taken])
    await assert.rejects(store.uploads.stage({ ...input, audit: taken }))
    assert.equal(await countJobs(), before)
    await store.uploads.stage(input)
    assert.equal(await countJobs(), before + 2)
  })

  it('rolls the job back with a transaction that fails after it was sent', async () => {
    const before = await countJobs()
    const id = await beginUpload(store, 'late')
    const chunk = chunkOf(0, 2, [], 1)
    await store.uploads.appendChunks(id, [chunk])
    await claimKey(store, 'late')
    let sends = 0
    store.connectJobs({
      send: async (queue, delivery, options) => {
        await jobs.send(queue, delivery, options)
        sends += 1
        if (sends === 2) throw new Error('late failure')
      },
    })
    await assert.rejects(store.uploads.stage(stageInput(id, chunk, 'late')), /late failure/)
    store.connectJobs(jobs)
    assert.equal(sends, 2)
    assert.equal(await countJobs(), before)
    assert.equal(await store.uploads.find('default', id), null)
  })

  it('runs the job, keeps the body fixed over attempts, and ends in delivered or dead', async () => {
    await store.sync.ensureEnvEndpoints([
      { name: 'crm', url: 'https://crm.example', secret: 'whsec_abc', events: HEARS },
    ])
    await store.sql.executeSql(`update sync_delivery set state = 'dead'`)
    const ran = once(handled, 'job')
    await jobs.start()
    await ran
    const { id } = await stageUpload(store, { accepted: [], rejected: 1 })
    const { rows } = await store.sql.executeSql(`select id from sync_delivery where object = $1`, [
      id,
    ])
    const delivery = (rows[0] as { id: string }).id
    assert.match(delivery, /^msg_/)
    const first = await store.sync.load(delivery)
    assert.deepEqual(
      [first?.url, first?.secrets, first?.attempts],
      ['https://crm.example', ['whsec_abc'], 0],
    )
    const body = JSON.parse(first!.body)
    assert.equal(body.type, 'upload.completed')
    assert.equal(body.data.rowsUrl, `https://gateway.example/v1/uploads/${id}/rows`)
    const failed = {
      url: 'https://crm.example',
      status: 500,
      failure: 'answer',
      gone: false,
      disabledAudit: audit('endpoint.disabled', delivery),
    } as const
    await store.sync.record(delivery, {
      ...{ state: 'pending', nextInMs: 60_000, audit: audit('sync.retried', delivery) },
      ...failed,
    })
    assert.equal(await store.sync.load(delivery), null, 'it is not due yet')
    assert.deepEqual(await store.sync.overdue(1_000), [])
    await store.sql.executeSql(
      `update sync_delivery set next_at = next_at - interval '2 min' where id = $1`,
      [delivery],
    )
    assert.deepEqual(await store.sync.overdue(1_000), [delivery])
    assert.equal((await store.sync.load(delivery))?.body, first!.body)
    await store.sync.record(delivery, {
      state: 'delivered',
      status: 200,
      audit: audit('sync.delivered', delivery),
    })
    assert.equal(await store.sync.load(delivery), null)
    await store.sync.record(delivery, {
      state: 'dead',
      ...failed,
      audit: audit('sync.dead', delivery),
    })
    assert.equal((await store.home.gauges()).syncPending, 0)
  })

  it('runs a job again whose handler failed', async () => {
    refusing.add('msg_retry')
    const runs: unknown[] = []
    const twice = new Promise<void>((resolve) => {
      handled.on('job', (id) => {
        if (id === 'msg_retry' && runs.push(id) === 2) resolve()
      })
    })
    await jobs.send('sync-delivery', 'msg_retry', { startAfterMs: 0 })
    await twice
  })
})
