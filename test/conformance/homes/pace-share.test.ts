import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'

import { PACE_SHARE_RULE } from '../../../src/domain/genesys/pace-share.ts'
import type { Store } from '../../../src/store/homes/open-store.ts'
import { eachHome, openTestStore } from '../../support/databases/database.ts'

const near = (value: number, wanted: number): void =>
  assert.ok(Math.abs(value - wanted) < 0.01, `${value}, not ${wanted}`)

eachHome('The share of the pace', (home) => {
  let store: Store
  before(async () => {
    store = await openTestStore(await home.fresh())
  })
  after(() => store.close())

  /** Makes the bucket believe that this much time has passed. */
  const pass = (bucket: string, seconds: number): Promise<unknown> =>
    store.sql.executeSql(
      `update pace set next_at = next_at - make_interval(secs => $2), blocked_until = blocked_until - make_interval(secs => $2),
        share_at = share_at - make_interval(secs => $2), cut_at = cut_at - make_interval(secs => $2) where bucket = $1`,
      [bucket, seconds],
    )
  const reserve = (bucket: string) =>
    store.pace.reserve({ bucket, rank: 2, intervalMs: 1_000, maxAheadMs: 60_000 })

  it('is whole in a bucket that nobody has used', async () => {
    assert.deepEqual(await store.pace.read('fresh'), { share: 1, blockedMs: 0 })
    assert.equal((await reserve('fresh')).share, 1)
  })

  it('is cut once by refusals that belong together, and again by a later one', async () => {
    const first = await store.pace.throttle('cut', 5_000)
    assert.deepEqual(first, { share: PACE_SHARE_RULE.cutFactor, cut: true })
    assert.equal((await store.pace.throttle('cut', 5_000)).cut, false)
    await pass('cut', 5.5)
    const second = await store.pace.throttle('cut', 0)
    assert.equal(second.cut, true)
    near(second.share, 0.49)
    assert.equal((await store.pace.throttle('cut', 0)).cut, false)
  })

  it('spaces the slots out, grows once nobody is blocked, and is whole again in time', async () => {
    await store.pace.throttle('grow', 10_000)
    near((await store.pace.read('grow')).share, 0.7)
    await pass('grow', 10)
    await reserve('grow')
    const { waitMs, share } = await reserve('grow')
    near(share, 0.7)
    assert.ok(waitMs > 1_000 && waitMs <= 1_000 / 0.7, `${waitMs} ms to the next slot`)
    await pass('grow', 20)
    near((await store.pace.read('grow')).share, 0.8)
    await pass('grow', 60)
    assert.equal((await store.pace.read('grow')).share, 1)
  })
})
