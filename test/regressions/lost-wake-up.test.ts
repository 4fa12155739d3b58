import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'

import type { Store } from '../../src/store/homes/open-store.ts'
import type { LaneClaim } from '../../src/workflows/ports/delivery/delivery.ts'
import { type OtherSession, openOtherSession } from '../support/databases/blocked.ts'
import { openTestStore, serverHome } from '../support/databases/database.ts'
import { keyDigest } from '../support/stages/sealed-rows.ts'
import {
  audit,
  beginUpload,
  chunkOf,
  claimKey,
  ids,
  stageInput,
  stageUpload,
} from '../support/stages/store-uploads.ts'

// The embedded home has only one connection, so no statement ever waits for another there.
const server = serverHome()
after(() => server.close())
const { skip } = server

/**
 * A statement that waits for a row then sees the newest version of that row, but sees everything
 * else as it was when the statement began. The code that adds work to a lane and the code that
 * releases the lane wait for each other. So neither of them may read anything else in the statement
 * that waits.
 */
describe('A lane that runs empty while an upload arrives', { skip }, () => {
  let store: Store
  let one: OtherSession
  let another: OtherSession
  before(async () => {
    const home = await server.fresh()
    assert.ok(home.kind === 'server')
    store = await openTestStore(home)
    await store.access.ensureAdmin({ digest: Buffer.alloc(32, 3), scopes: ['admin'] })
    one = await openOtherSession(home.url)
    another = await openOtherSession(home.url)
  })
  after(async () => {
    await one.close()
    await another.close()
    await store.close()
  })

  const working = async (list: string): Promise<{ claim: LaneClaim; uploadId: string }> => {
    const { id, laneKey } = await stageUpload(store, { list })
    const claim = await store.lanes.claim('me')
    assert.equal(claim?.key, laneKey)
    return { claim, uploadId: id }
  }
  const failed = (uploadId: string) => ({
    uploadId,
    state: 'failed' as const,
    problem: { code: 'x', detail: 'x' },
    audit: audit('upload.finished', uploadId),
  })
  /** Everything that staging does, except its last statement. */
  const prepared = async (list: string) => {
    const uploadId = await beginUpload(store, list)
    const chunk = chunkOf(0, 2, ['a'])
    await store.uploads.appendChunks(uploadId, [chunk])
    const key = ids.newUuid()
    await claimKey(store, key)
    return { key, stage: () => store.uploads.stage(stageInput(uploadId, chunk, key)) }
  }
  const takesUp = async (laneKey: string): Promise<void> => {
    const claim = await store.lanes.claim('another')
    assert.equal(claim?.key, laneKey)
    assert.equal((await store.delivery.next(claim))?.state, 'staged')
    await store.lanes.release(claim, 0)
    await store.sql.executeSql(`update lane set ready_at = 'infinity' where key = $1`, [laneKey])
  }

  it('is taken up again when the upload waited for the end of the one before', async () => {
    const id = ids.newId('whe')
    await store.endpoints.create({
      ...{ id, tenantId: 'default', name: 'crm', url: 'https://hooks.example/', events: null },
      ...{ secret: 'whsec_x', most: 100, audit: audit('endpoint.created', id) },
    })
    const { claim, uploadId } = await working('waits')
    const next = await prepared('waits')
    // The end of the first upload holds the lane and waits for the endpoint that it notifies.
    await one.query('begin')
    await one.query(`select 1 from sync_endpoint for update`)
    const finished = store.delivery.finish(claim, failed(uploadId))
    await one.untilBlocked('sync_endpoint')
    // The second upload waits for the lane, and then for its idempotency key.
    await another.query('begin')
    await another.query('select 1 from idempotency_key where key_digest = $1 for update', [
      keyDigest(store, next.key),
    ])
    const staged = next.stage()
    await one.untilBlocked('insert into lane')
    await one.query('commit')
    await finished
    await one.untilBlocked('idempotency_key')
    // The lane is released while the second upload holds it.
    const released = store.lanes.release(claim, 0)
    await one.untilBlocked('', 2)
    await another.query('commit')
    await staged
    await released
    await takesUp(claim.key)
  })

  it('is ready when the upload waited while it was ended and given up', async () => {
    const { claim, uploadId } = await working('ended')
    const next = await prepared('ended')
    await one.query('begin')
    await one.query('select 1 from lane where key = $1 for update', [claim.key])
    await one.query(`update upload set state = 'paused' where id = $1`, [uploadId])
    const staged = next.stage()
    await one.untilBlocked('insert into lane')
    await one.query(
      `update lane set ready_at = 'infinity', lease_until = null, owner = null, woken = false where key = $1`,
      [claim.key],
    )
    await one.query('commit')
    await staged
    await takesUp(claim.key)
  })

  it('is ready when an upload came back while the lane was given up', async () => {
    const { claim, uploadId } = await working('back')
    await one.query(`update upload set state = 'paused' where id = $1`, [uploadId])
    await one.query('begin')
    await one.query('select 1 from lane where key = $1 for update', [claim.key])
    await one.query(`update upload set state = 'staged' where id = $1`, [uploadId])
    const released = store.lanes.release(claim, 0)
    await one.untilBlocked('lane')
    await one.query('commit')
    await released
    await takesUp(claim.key)
  })

  it('is not looked at by claims when its last upload was paused while it was given up', async () => {
    const { claim, uploadId } = await working('paused')
    await one.query('begin')
    await one.query('select 1 from lane where key = $1 for update', [claim.key])
    await one.query(`update upload set state = 'paused' where id = $1`, [uploadId])
    const released = store.lanes.release(claim, 0)
    await one.untilBlocked('lane')
    await one.query('commit')
    await released
    const { rows } = await one.query('select ready_at from lane where key = $1', [claim.key])
    assert.deepEqual(rows, [{ ready_at: Infinity }])
  })

  it('keeps its place among the lanes that wait, however much arrives meanwhile', async () => {
    const first = await stageUpload(store, { list: 'first' })
    await stageUpload(store, { list: 'second' })
    await stageUpload(store, { list: 'first' })
    assert.equal((await store.lanes.claim('me'))?.key, first.laneKey)
  })
})

describe('The sweep of lanes', { skip }, () => {
  it('makes a lane with work ready that was ready at no time, and no other', async () => {
    const home = await server.fresh()
    const store = await openTestStore(home)
    try {
      const lost = await stageUpload(store, { list: 'lost' })
      await stageUpload(store, { list: 'held' })
      const ended = await stageUpload(store, { list: 'ended' })
      await store.sql.executeSql(`update upload set state = 'paused' where id = '${ended.id}'`)
      await store.sql.executeSql(`update lane set ready_at = 'infinity'`)
      await store.sql.executeSql(
        `update lane set lease_until = clock_timestamp() + interval '10 s' where key = 'contact_list:held'`,
      )
      assert.equal(await store.lanes.claim('me'), null)
      assert.equal(await store.lanes.repair(), 1)
      assert.equal((await store.lanes.claim('me'))?.key, lost.laneKey)
      assert.equal(await store.lanes.repair(), 0)
      assert.equal(await store.lanes.claim('me'), null)
    } finally {
      await store.close()
    }
  })
})
