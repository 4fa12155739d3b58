import assert from 'node:assert/strict'
import { after, before, beforeEach, it } from 'node:test'

import { AHEAD } from '../../../src/store/clock/clock-jump.ts'
import type { Store } from '../../../src/store/homes/open-store.ts'
import { eachHome, openTestStore } from '../../support/databases/database.ts'
import {
  beginUpload,
  chunkOf,
  claimKey,
  ids,
  stageInput,
  stageUpload,
} from '../../support/stages/store-uploads.ts'
import { HISTORY, NAMED_BY_CALLERS, OTHERWISE_FOLLOWED } from '../../support/tables/stored-times.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

/**
 * These tests do not set a clock. They simulate a jump by moving, in the other direction, the time
 * that was last seen and everything that was stored by the clock.
 */
eachHome("The database's clock", (home) => {
  let store: Store
  const run = async (text: string) => (await store.sql.executeSql(text)).rows
  before(async () => {
    store = await openTestStore(await home.fresh())
    await store.access.ensureAdmin({ digest: Buffer.alloc(32, 3), scopes: ['admin'] })
    // Consumes the report that nobody checked the clock for long, because the database was copied.
    await look(null)
  })
  after(() => store.close())
  beforeEach(async () => {
    await run(
      `update database_clock set seen_at = clock_timestamp(), doubted_from = null, off_ms = null`,
    )
  })
  /** Makes it look as if the last check had seen the present time plus `ms`. */
  const lastSeen = (ms: number) =>
    run(`update database_clock set seen_at = clock_timestamp() + interval '${ms} milliseconds'`)
  const look = (elapsedMs: number | null) => store.clock.look(() => elapsedMs)
  const near = (ms: number | null | undefined, wanted: number, within = 2_000): void =>
    assert.ok(
      ms !== null && ms !== undefined && Math.abs(ms - wanted) <= within,
      `${ms}, not ${wanted}`,
    )
  const inSeconds = async (column: string, from: string): Promise<number> => {
    const [row] = await run(
      `select extract(epoch from ${column} - clock_timestamp())::float8 as s from ${from}`,
    )
    return (row as { s: number }).s
  }

  it('is steady as long as what it says passes is what has passed', async () => {
    await lastSeen(-HOUR_MS)
    const found = await look(HOUR_MS)
    assert.deepEqual([found.jumpedMs, found.awayMs, found.doubted], [null, null, false])
    near(found.nowMs, Date.now())
  })

  it('tells a jump once, doubts until somebody confirms, and believes one that came back', async () => {
    await lastSeen(HOUR_MS)
    near((await look(3_000)).jumpedMs, -HOUR_MS, 5_000)
    await lastSeen(-3_000)
    const again = await look(3_000)
    assert.deepEqual([again.jumpedMs, again.doubted], [null, true])
    await store.clock.confirm()
    assert.equal((await look(3_000)).doubted, false)

    await lastSeen(-400 * DAY_MS)
    const ahead = await look(3_000)
    near(ahead.jumpedMs, 400 * DAY_MS, 5_000)
    assert.equal(ahead.doubted, true)
    await lastSeen(400 * DAY_MS)
    const back = await look(3_000)
    near(back.jumpedMs, -400 * DAY_MS, 5_000)
    assert.equal(back.doubted, false)
  })

  it('doubts after a long time without a look, which may have been a jump, until it is confirmed', async () => {
    await lastSeen(-DAY_MS)
    const found = await look(null)
    near(found.awayMs, DAY_MS)
    assert.deepEqual([found.jumpedMs, found.doubted], [null, true])
    // A known jump must not make up for an unknown one.
    await lastSeen(HOUR_MS)
    await look(3_000)
    await lastSeen(-HOUR_MS)
    assert.equal((await look(3_000)).doubted, true)
    await store.clock.confirm()
  })

  it('set back: waits are as long as before, and a dead holder holds a lane no longer than its lease', async () => {
    const { id, laneKey } = await stageUpload(store, { list: 'back' })
    const claim = await store.lanes.claim('dead')
    assert.equal(claim?.key, laneKey)
    const waiting = await stageUpload(store, { list: 'waiting' })
    await run(
      `update lane set ready_at = clock_timestamp() + interval '1 hour 30 seconds' where key = '${waiting.laneKey}'`,
    )
    await run(
      `update lane set lease_until = clock_timestamp() + interval '1 hour 8 seconds' where key = '${laneKey}'`,
    )
    await store.pace.reserve({ bucket: 'b', rank: 0, intervalMs: 1, maxAheadMs: 100 })
    await run(`update pace set next_at = clock_timestamp() + interval '1 hour', blocked_until = clock_timestamp() + interval '1 hour 5 seconds',
      waiting[2] = clock_timestamp() + interval '1 hour'`)
    await run(`update upload set state = 'held', hold_reason = 'genesys_unavailable', held_from = 'staged',
      retry_at = clock_timestamp() + interval '1 hour 60 seconds' where id = '${id}'`)
    await run(`insert into sync_endpoint (id, tenant_id, name, url, secret, secret_key_id, source, failing_since)
      values ('whe', 'default', 'crm', 'https://x.example/', '\\x00', 'k', 'registered', clock_timestamp() + interval '1 hour')`)
    await run(`insert into sync_delivery (id, tenant_id, endpoint_id, event_type, object, body, next_at)
      values ('msg', 'default', 'whe', 'upload.completed', 'u', '{}', clock_timestamp() + interval '1 hour')`)

    await lastSeen(HOUR_MS)
    await look(0)

    near(await inSeconds('ready_at', `lane where key = '${waiting.laneKey}'`), 30, 5)
    near(await inSeconds('lease_until', `lane where key = '${laneKey}'`), 10, 5)
    near(await inSeconds('retry_at', `upload where id = '${id}'`), 60, 5)
    near(await inSeconds('blocked_until', 'pace'), 5, 5)
    near(await inSeconds('next_at', 'pace'), 0, 5)
    near(await inSeconds('waiting[2]', 'pace'), 0, 5)
    near(await inSeconds('next_at', 'sync_delivery'), 0, 5)
    near(await inSeconds('failing_since', 'sync_endpoint'), 0, 5)
    const { rows } = await store.sql.executeSql(
      `select array_length(waiting, 1) as n, waiting[1] as first from pace`,
    )
    assert.deepEqual(rows, [{ n: 4, first: -Infinity }])
    await store.clock.confirm()
  })

  it('set back: every stored time is one that moves with the clock, or one of these', async () => {
    const rows =
      await run(`select table_name || '.' || column_name as name from information_schema.columns
      where table_schema = 'public' and data_type like 'timestamp%' order by 1`)
    const stored = (rows as { name: string }[]).map(({ name }) => name)
    const followed = AHEAD.flatMap(({ table, columns }) => columns.map((one) => `${table}.${one}`))
    const known = [...followed, ...OTHERWISE_FOLLOWED, ...NAMED_BY_CALLERS, ...HISTORY]
    assert.deepEqual(stored, known.toSorted())
  })

  it('set back: a time that a caller named stays what it is, and a lane without work is ready at no time', async () => {
    const { id, laneKey } = await stageUpload(store, { list: 'named' })
    await run(`update upload set state = 'held', hold_reason = 'not_before', held_from = 'staged',
      retry_at = clock_timestamp() + interval '2 days' where id = '${id}'`)
    await run(`update lane set ready_at = 'infinity' where key = '${laneKey}'`)
    await lastSeen(HOUR_MS)
    await look(0)
    near(await inSeconds('retry_at', `upload where id = '${id}'`), 2 * 86_400, 5)
    assert.deepEqual(await run(`select ready_at from lane where key = '${laneKey}'`), [
      { ready_at: Infinity },
    ])
    await store.clock.confirm()
  })

  it('set ahead: whoever is alive is not taken for dead, neither before the look nor after it', async () => {
    await run(`update lane set ready_at = 'infinity'`)
    const { laneKey } = await stageUpload(store, { list: 'ahead' })
    const claim = await store.lanes.claim('alive')
    assert.equal(claim?.key, laneKey)
    const receiving = await beginUpload(store, 'ahead')
    const chunk = chunkOf(0, 2, ['a'])
    await store.uploads.appendChunks(receiving, [chunk])
    const key = ids.newUuid()
    await claimKey(store, key)
    // Makes everything stored a day older, as if a day had passed.
    await run(
      `update lane set lease_until = lease_until - interval '1 day' where key = '${laneKey}'`,
    )
    await run(
      `update upload set heartbeat_at = heartbeat_at - interval '1 day' where id = '${receiving}'`,
    )
    await run(`update idempotency_key set heartbeat_at = heartbeat_at - interval '1 day'`)
    await run(
      `update sync_endpoint set failing_since = clock_timestamp() - interval '1 day 1 hour'`,
    )
    await lastSeen(-DAY_MS - 3_000)

    assert.equal(await store.lanes.claim('other'), null)
    assert.equal(await store.lanes.anyReady(), false)
    near((await look(3_000)).jumpedMs, DAY_MS, 5_000)
    assert.equal(await store.lanes.claim('other'), null)
    near(await inSeconds('lease_until', `lane where key = '${laneKey}'`), 10, 5)
    near(await inSeconds('failing_since', 'sync_endpoint'), -3_600, 10)
    assert.equal(await store.uploads.sweepReceiving(60_000), 0)
    assert.deepEqual(await claimKey(store, key, 'thief'), { kind: 'in_progress' })
    await store.uploads.stage(stageInput(receiving, chunk, key))
    assert.notEqual(await store.lanes.renew(claim), null)
    await store.lanes.release(claim, 0)
    await store.clock.confirm()
  })

  it('in doubt: no stored answer is forgotten, no receipt deleted, and no upload starts before its time', async () => {
    const key = ids.newUuid()
    await claimKey(store, key)
    const answered = await beginUpload(store, 'answered')
    await store.uploads.appendChunks(answered, [chunkOf(0, 2, ['a'])])
    await store.uploads.stage(stageInput(answered, chunkOf(0, 2, ['a']), key))
    await run(`update idempotency_key set done_at = clock_timestamp() - interval '400 days'`)
    const { id } = await stageUpload(store, { list: 'early' })
    await run(`update upload set state = 'held', hold_reason = 'not_before', held_from = 'staged',
      retry_at = clock_timestamp() - interval '1 hour', not_before = clock_timestamp() - interval '1 hour' where id = '${id}'`)
    await run(`insert into webhook_receipt (id, route, key, body_digest, state, reason, received_at)
      values ('rcp', 'event', '\\x01', '\\x01', 'ignored', 'malformed', clock_timestamp() - interval '400 days')`)
    const sweep = () => store.receipts.sweep({ keepMs: 7 * DAY_MS, graceMs: 60_000 })
    await lastSeen(-400 * DAY_MS)
    await look(3_000)

    assert.equal((await claimKey(store, key)).kind, 'done')
    assert.equal(await store.lanes.wakeHeld(), 0)
    await sweep()
    assert.equal((await run('select 1 from webhook_receipt')).length, 1)

    await store.clock.confirm()
    assert.equal((await claimKey(store, key)).kind, 'claimed')
    assert.equal(await store.lanes.wakeHeld(), 1)
    await sweep()
    assert.equal((await run('select 1 from webhook_receipt')).length, 0)
  })
})
