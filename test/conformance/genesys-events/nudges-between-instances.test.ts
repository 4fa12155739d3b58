import assert from 'node:assert/strict'
import { once } from 'node:events'
import { after, describe, it } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'

import type { Store, StoreHome } from '../../../src/store/homes/open-store.ts'
import type { Listening } from '../../../src/workflows/ports/delivery/heard-nudges.ts'
import { openOtherSession } from '../../support/databases/blocked.ts'
import { embeddedHome, openTestStore, serverHome } from '../../support/databases/database.ts'
import { poolerSkip, startPooler } from '../../support/databases/pooler.ts'
import { stageUpload } from '../../support/stages/store-uploads.ts'

const server = serverHome()
const embedded = embeddedHome()

type Ear = { listening: Listening; heard: [string, number][]; next(): Promise<unknown> }

const listenTo = (store: Store): Ear => {
  const heard: [string, number][] = []
  const told = new EventTarget()
  const listening = store.hearNudges((laneKey, count) => {
    heard.push([laneKey, count])
    told.dispatchEvent(new Event('nudge'))
  })
  return { listening, heard, next: () => once(told, 'nudge') }
}

const LISTENERS = `select pid from pg_stat_activity
  where datname = current_database() and application_name = 'outbound-gateway-listener' and query like 'listen %'`

const urlOf = (home: StoreHome): string => {
  assert.ok(home.kind === 'server')
  return home.url
}

describe('Nudges between instances', { skip: server.skip }, () => {
  after(() => server.close())

  it('are heard by another as they commit, again after its connection broke, and not once it has stopped', async () => {
    const place = await server.fresh()
    const [called, holder] = [await openTestStore(place), await openTestStore(place)]
    const other = await openOtherSession(urlOf(place))
    const ear = listenTo(holder)
    try {
      assert.equal(await ear.listening.hearing, 'direct')
      const { laneKey, id: uploadId } = await stageUpload(called)
      const nudge = async (): Promise<void> => {
        const next = ear.next()
        await called.receipts.nudge({ laneKey, uploadId })
        await next
      }
      await nudge()
      await nudge()
      assert.deepEqual(ear.heard, [
        [laneKey, 1],
        [laneKey, 2],
      ])
      const before = (await other.query<{ pid: number }>(LISTENERS)).rows[0]!.pid
      await other.query(`select pg_terminate_backend(${before})`)
      const isBack = async (): Promise<boolean> =>
        (await other.query<{ pid: number }>(LISTENERS)).rows.some(({ pid }) => pid !== before)
      while (!(await isBack())) await delay(20)
      await nudge()
      assert.deepEqual(ear.heard.at(-1), [laneKey, 3])
    } finally {
      await ear.listening.stop()
      // The server ends a session a moment after its client is gone. If a listener stayed, this
      // would wait until the time limit.
      while ((await other.query(LISTENERS)).rows.length > 0) await delay(20)
      await other.close()
      await Promise.all([called.close(), holder.close()])
    }
  })

  it(
    'are not listened for through a pooler, and reach the holder with its lease',
    { skip: poolerSkip() },
    async () => {
      const place = await server.fresh()
      const pooler = await startPooler(urlOf(place), 4)
      const called = await openTestStore(place)
      const holder = await openTestStore({ kind: 'server', url: pooler.url })
      const other = await openOtherSession(urlOf(place))
      const { listening } = listenTo(holder)
      try {
        assert.equal(await listening.hearing, 'pooled')
        assert.deepEqual((await other.query(LISTENERS)).rows, [])
        const { laneKey, id: uploadId } = await stageUpload(called)
        const claim = await holder.lanes.claim('holder')
        assert.equal(claim?.key, laneKey)
        await called.receipts.nudge({ laneKey, uploadId })
        assert.deepEqual(await holder.lanes.renew(claim), { nudges: 1 })
      } finally {
        await listening.stop()
        await other.close()
        await Promise.all([called.close(), holder.close()])
        await pooler.stop()
      }
    },
  )
})

describe('Nudges on the embedded home', () => {
  after(() => embedded.close())

  it('have nobody else to hear them', async () => {
    const store = await openTestStore(await embedded.fresh())
    const { listening } = listenTo(store)
    assert.equal(await listening.hearing, 'none')
    await listening.stop()
    await store.close()
  })
})
