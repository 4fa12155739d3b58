import assert from 'node:assert/strict'
import { after, afterEach, before, beforeEach, it } from 'node:test'

import type { Store } from '../../../src/store/homes/open-store.ts'
import { eachHome, openTestStore } from '../../support/databases/database.ts'
import { holdLane, submitEntries as submit } from '../../support/do-not-call/dnc-submissions.ts'
import { audit } from '../../support/stages/store-uploads.ts'

const [ANN, BOB, CAT] = ['+14155550101', '+14155550102', '+14155550103'] as const
const DAY_MS = 86_400_000
const REMOVE = { kind: 'remove' } as const
const of = (expiresAt: Date | null, ...subjects: string[]) =>
  subjects.map((subject) => ({ subject, expiresAt: expiresAt?.toISOString() ?? null }))

/** To simulate days that pass, everything that was stored by the clock is moved into the past. */
eachHome('Expiries that Genesys takes for 180 days at the most', (home) => {
  let store: Store
  const held: { letGo: () => Promise<void> }[] = []
  before(async () => {
    store = await openTestStore(await home.fresh())
    await store.access.ensureAdmin({ digest: Buffer.alloc(32, 3), scopes: ['admin'] })
  })
  after(() => store.close())
  beforeEach(async () => {
    await run(`update database_clock set seen_at = clock_timestamp(), doubted_from = null`)
    for (const table of ['dnc_group', 'dnc_submission', 'dnc_list_lane']) {
      await run(`delete from ${table}`)
    }
  })
  afterEach(async () => {
    for (const lane of held.splice(0)) await lane.letGo()
  })

  const run = async <Row>(text: string): Promise<Row[]> =>
    (await store.sql.executeSql(text)).rows as Row[]
  const lane = async (most = 499) => {
    const claimed = await holdLane(store, 'platform', most)
    held.push(claimed)
    return claimed
  }
  const pass = async (days: number): Promise<void> => {
    const gone = `interval '${days} days'`
    await run(
      `update dnc_group set renew_at = renew_at - ${gone}, expires_at = expires_at - ${gone}`,
    )
    await run(`update dnc_entry set expires_at = expires_at - ${gone}`)
  }
  const inDays = (at: Date | null | undefined): number =>
    at instanceof Date ? Math.round((at.getTime() - Date.now()) / DAY_MS) : Number.NaN
  const far = () => new Date(Date.now() + 1_000 * DAY_MS)
  const letGoAll = async (): Promise<void> => {
    for (const one of held.splice(0)) await one.letGo()
  }
  /**
   * Sends everything. Returns for each request its subjects, and in how many days it expires at
   * Genesys.
   */
  const sendAll = async (): Promise<[readonly string[], number][]> => {
    const { step, lane: of, claim, settle } = await lane()
    const sent: [readonly string[], number][] = []
    for (let group = await step(); group !== null; group = await step()) {
      await of.recordTry(claim, group)
      await settle(group)
      sent.push([group.subjects, inDays(group.expiresAt)])
    }
    await letGoAll()
    return sent
  }

  it('are renewed a month before they lapse, for what is left of the time that was asked for', async () => {
    const id = await submit(store, of(far(), ANN, BOB))
    assert.deepEqual(await sendAll(), [[[ANN, BOB], 180]])
    const applied = await store.dncSubmissions.find('default', id)
    await pass(149)
    assert.equal(await store.dncLane.wakeRenewals(), 0)
    await pass(2)
    assert.equal(await store.dncLane.wakeRenewals(), 1)
    assert.deepEqual(await sendAll(), [[[ANN, BOB], 180]])
    assert.equal(await store.dncLane.wakeRenewals(), 0)
    const renewed = await store.dncSubmissions.find('default', id)
    assert.deepEqual(
      [renewed?.state, renewed?.counts, renewed?.appliedAt],
      [applied?.state, applied?.counts, applied?.appliedAt],
    )
    for (const days of [151, 151, 151, 151]) {
      await pass(days)
      await store.dncLane.wakeRenewals()
      const sent = await sendAll()
      assert.ok(sent.length === 1, `${days}: ${JSON.stringify(sent)}`)
    }
    // 755 days have passed. The last renewal reaches to the very end, so no other one follows.
    await pass(200)
    assert.equal(await store.dncLane.wakeRenewals(), 1)
    assert.deepEqual(await sendAll(), [[[ANN, BOB], 45]])
    await pass(30)
    assert.equal(await store.dncLane.wakeRenewals(), 0)
  })

  it('are not renewed for those who were removed meanwhile, and for ever for those who are to be for ever', async () => {
    await submit(store, of(far(), ANN, BOB, CAT))
    await sendAll()
    await submit(store, of(null, CAT))
    await submit(store, of(null, BOB), REMOVE)
    await sendAll()
    await pass(151)
    await store.dncLane.wakeRenewals()
    const sent = await sendAll()
    assert.deepEqual(
      sent.map(([subjects]) => subjects),
      [[ANN], [CAT]],
    )
    assert.deepEqual(
      sent.map(([, days]) => days),
      [180, Number.NaN],
    )
  })

  it('are taken up by the next holder where one died in the middle, under the key that was used', async () => {
    await submit(store, of(far(), ANN))
    await sendAll()
    await pass(151)
    await store.dncLane.wakeRenewals()
    const first = await lane()
    const begun = await first.step()
    await first.lane.recordTry(first.claim, begun!)
    await first.lane.release(first.claim, 0)
    const again = await (await lane()).step()
    assert.deepEqual(
      [again?.idempotencyKey, again?.renews, again?.attempts],
      [begun?.idempotencyKey, true, 1],
    )
  })

  it('are not renewed for those who were removed while the renewal was under way', async () => {
    await submit(store, of(far(), ANN, BOB))
    await sendAll()
    await pass(151)
    await store.dncLane.wakeRenewals()
    const first = await lane()
    const begun = await first.step()
    assert.deepEqual(begun?.subjects, [ANN, BOB])
    await first.lane.recordTry(first.claim, begun)
    await submit(store, of(null, BOB), REMOVE)
    await letGoAll()
    const sent = await sendAll()
    assert.deepEqual(
      sent.map(([subjects]) => subjects),
      [[BOB], [ANN]],
    )
    assert.equal(await store.dncLane.wakeRenewals(), 0)
  })

  it('are renewed in requests of the size that Genesys takes now', async () => {
    await submit(store, of(far(), ANN, BOB, CAT))
    await sendAll()
    await pass(151)
    await store.dncLane.wakeRenewals()
    const { drain } = await lane(2)
    assert.deepEqual(
      (await drain()).map(({ subjects }) => subjects),
      [[ANN, BOB], [CAT]],
    )
  })

  it('go again the day after where Genesys stored somebody not', async () => {
    await submit(store, of(far(), ANN))
    await sendAll()
    await pass(151)
    await store.dncLane.wakeRenewals()
    const { step, lane: of_, claim } = await lane()
    const group = await step()
    await of_.recordTry(claim, group!)
    await of_.settle(claim, group!, {
      ...{ failed: new Map([[0, 'invalid.date.value']]), open: [], tallies: null, problem: null },
      audit: audit('dnc.refused', group!.submissionId),
    })
    assert.equal(await step(), null)
    await letGoAll()
    assert.equal(await store.dncLane.wakeRenewals(), 0)
    await pass(1)
    assert.equal(await store.dncLane.wakeRenewals(), 1)
    assert.deepEqual(
      (await sendAll()).map(([subjects]) => subjects),
      [[ANN]],
    )
  })

  it('are not taken for lapsed, nor for due, by a jump of the clock that nobody has confirmed', async () => {
    const near = new Date(Date.now() + 10 * DAY_MS)
    await submit(store, of(far(), ANN))
    await sendAll()
    await submit(store, of(near, BOB))
    await pass(151)
    await run(`update database_clock set doubted_from = clock_timestamp() - interval '151 days'`)
    assert.equal(await store.dncLane.wakeRenewals(), 0)
    const [sent] = await sendAll()
    assert.deepEqual(sent?.[0], [BOB])
    await run(`update database_clock set doubted_from = null`)
    assert.equal(await store.dncLane.wakeRenewals(), 1)
  })
})
