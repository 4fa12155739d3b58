import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'

import type { Store } from '../../../src/store/homes/open-store.ts'
import { eachHome, openTestStore } from '../../support/databases/database.ts'
import { claimLane, clearLanes } from '../../support/stages/lane-batches.ts'
import { stageUpload } from '../../support/stages/store-uploads.ts'

const HOUR_MS = 3_600_000

/**
 * A worker died after its last upload had ended. The first upload of the next day counted as a
 * recovery of many hours.
 */
eachHome('The time until a lane is recovered', (home) => {
  let store: Store
  before(async () => {
    store = await openTestStore(await home.fresh())
  })
  after(() => store.close())

  const letHoursPass = (key: string) =>
    store.sql.executeSql(
      `update lane set lease_until = lease_until - interval '9 hours', ready_at = ready_at - interval '9 hours' where key = $1`,
      [key],
    )

  it('does not count the time in which the lane had no work', async () => {
    await clearLanes(store)
    await stageUpload(store)
    const { key } = await claimLane(store)
    await store.sql.executeSql(`delete from upload`)
    await letHoursPass(key)
    await stageUpload(store)
    const { oldestLaneWaitSeconds } = await store.home.gauges()
    assert.ok(oldestLaneWaitSeconds < 3_600, `waited for ${oldestLaneWaitSeconds} s`)
    const claim = await claimLane(store)
    assert.ok(claim.silentMs! < HOUR_MS, `${claim.silentMs} ms`)
  })

  it('counts from the last renewal if the lane had work then', async () => {
    await clearLanes(store)
    const { id } = await stageUpload(store)
    const { key } = await claimLane(store)
    await letHoursPass(key)
    await store.sql.executeSql(
      `update upload set updated_at = updated_at - interval '10 hours' where id = $1`,
      [id],
    )
    await stageUpload(store)
    const { silentMs } = await claimLane(store)
    assert.ok(silentMs! > 8 * HOUR_MS && silentMs! < 10 * HOUR_MS, `${silentMs} ms`)
  })
})
