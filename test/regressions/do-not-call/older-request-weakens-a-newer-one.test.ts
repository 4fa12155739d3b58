import assert from 'node:assert/strict'
import { after, afterEach, before, beforeEach, it } from 'node:test'

import type { Store } from '../../../src/store/homes/open-store.ts'
import type { DncGroup } from '../../../src/workflows/ports/do-not-call/dnc-lane.ts'
import { eachHome, openTestStore } from '../../support/databases/database.ts'
import {
  holdLane,
  receiveSubmission,
  submitEntries as submit,
} from '../../support/do-not-call/dnc-submissions.ts'
import { audit } from '../../support/stages/store-uploads.ts'

const ANN = '+14155550101'
const BOB = '+14155550102'
const DAY_MS = 86_400_000
const inDays = (days: number): string => new Date(Date.now() + days * DAY_MS).toISOString()

/**
 * A request was composed, and Genesys did not accept it yet. Meanwhile, entries that are stronger
 * or last longer reached Genesys. The old request must not undo them.
 */
eachHome('A request that waited while another one reached Genesys', (home) => {
  let store: Store
  before(async () => {
    store = await openTestStore(await home.fresh())
    await store.access.ensureAdmin({ digest: Buffer.alloc(32, 3), scopes: ['admin'] })
  })
  after(() => store.close())
  const held: { letGo: () => Promise<void> }[] = []
  beforeEach(async () => {
    for (const table of ['dnc_group', 'dnc_submission', 'dnc_list_lane']) {
      await store.sql.executeSql(`delete from ${table}`)
    }
  })
  afterEach(async () => {
    for (const lane of held.splice(0)) await lane.letGo()
  })
  const lane = async (dialect: 'guide' | 'platform') => {
    const claimed = await holdLane(store, dialect)
    held.push(claimed)
    return claimed
  }
  const letGoAll = async (): Promise<void> => {
    for (const one of held.splice(0)) await one.letGo()
  }
  /** Sends everything. Returns what was sent, in this order. */
  const sendAll = async (dialect: 'guide' | 'platform'): Promise<DncGroup[]> => {
    const { step, lane: of, claim, settle } = await lane(dialect)
    const sent: DncGroup[] = []
    for (let group = await step(); group !== null; group = await step()) {
      await of.recordTry(claim, group)
      await settle(group)
      sent.push(group)
    }
    await letGoAll()
    return sent
  }
  const lastAbout = (sent: readonly DncGroup[], subject: string) => {
    const group = sent.findLast(({ subjects }) => subjects.includes(subject))
    assert.ok(group)
    return { reason: group.reason, expiresAt: group.expiresAt }
  }

  for (const dialect of ['guide', 'platform'] as const) {
    it(`(${dialect}) does not shorten it after the submission was held and resumed`, async () => {
      const first = await submit(store, [
        { subject: ANN, reason: 'UNSPECIFIED', expiresAt: inDays(10) },
      ])
      const { step, lane: of, claim } = await lane(dialect)
      const group = await step()
      await of.recordTry(claim, group!)
      await of.hold(claim, group!, 'dnc_list_refused', audit('dnc.held', first))
      await letGoAll()
      await submit(store, [{ subject: ANN, reason: 'REGULATORY' }])
      const sent = await sendAll(dialect)
      const resumed = await store.dncSubmissions.find('default', first)
      await store.dncSubmissions.resume(resumed!, audit('dnc.resumed', first))
      sent.push(...(await sendAll(dialect)))
      const last = lastAbout(sent, ANN)
      assert.equal(last.expiresAt, null)
      if (dialect === 'guide') assert.equal(last.reason, 'REGULATORY')
      const done = await store.dncSubmissions.find('default', first)
      assert.deepEqual([done?.state, done?.counts.created], ['applied', 1])
    })
  }

  it('does not shorten it when the other submission began first and was accepted later', async () => {
    const slow = await receiveSubmission(store, [{ subject: ANN }])
    await submit(store, [{ subject: ANN, expiresAt: inDays(10) }])
    const { step, lane: of, claim } = await lane('platform')
    await of.recordTry(claim, (await step())!)
    await letGoAll()
    await slow.accept()
    const sent = await sendAll('platform')
    assert.equal(lastAbout(sent, ANN).expiresAt, null)
  })

  it('does not shorten it as a renewal that was tried again', async () => {
    await submit(store, [{ subject: ANN, expiresAt: inDays(200) }])
    await sendAll('platform')
    for (const [table, columns] of [
      ['dnc_group', ['renew_at', 'expires_at']],
      ['dnc_entry', ['expires_at']],
    ] as const) {
      for (const column of columns) {
        await store.sql.executeSql(
          `update ${table} set ${column} = ${column} - interval '151 days'`,
        )
      }
    }
    await store.dncLane.wakeRenewals()
    const { step, lane: of, claim } = await lane('platform')
    const renewal = await step()
    assert.equal(renewal?.renews, true)
    await of.recordTry(claim, renewal)
    await of.release(claim, 0)
    held.splice(0)
    await submit(store, [{ subject: ANN }])
    const sent = await sendAll('platform')
    assert.equal(lastAbout(sent, ANN).expiresAt, null)
  })

  it('is not sent for entries that expired meanwhile, which count as those that were never tried', async () => {
    const id = await submit(store, [
      { subject: ANN, expiresAt: inDays(1) },
      { subject: BOB, expiresAt: inDays(9) },
    ])
    const { step, lane: of, claim } = await lane('platform')
    const group = await step()
    assert.deepEqual(group?.subjects, [ANN])
    await of.recordTry(claim, group)
    await letGoAll()
    for (const table of ['dnc_group', 'dnc_entry']) {
      await store.sql.executeSql(`update ${table} set expires_at = expires_at - interval '2 days'`)
    }
    const { rows } = await store.sql.executeSql(
      `update dnc_list_lane set ready_at = clock_timestamp() returning 1`,
    )
    assert.equal(rows.length, 1)
    const sent = await sendAll('platform')
    assert.deepEqual(
      sent.map(({ subjects }) => subjects),
      [[BOB]],
    )
    const done = await store.dncSubmissions.find('default', id)
    assert.deepEqual([done?.state, done?.counts.created], ['applied', 2])
  })
})
