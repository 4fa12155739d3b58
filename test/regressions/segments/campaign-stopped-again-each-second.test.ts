import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'

import type { CampaignPort } from '../../../src/workflows/ports/segments/campaigns.ts'
import { setApplyStage, type ApplyStage } from '../../support/segments/apply-stage.ts'
import { LIST } from '../../support/segments/segment-stage.ts'

const HOUR_MS = 60 * 60 * 1000

/** The campaigns, except that Genesys accepts a stop and does nothing. `stops` counts the calls. */
const withIdleStops = (campaigns: CampaignPort): { campaigns: CampaignPort; stops(): number } => {
  let stops = 0
  const idle = new Proxy(campaigns, {
    get: (object, name) => {
      if (name !== 'stop') return Reflect.get(object, name, object) as unknown
      return async (): Promise<void> => void (stops += 1)
    },
  })
  return { campaigns: idle, stops: () => stops }
}

/**
 * Genesys accepted the call that stops a campaign, and the campaign stayed on. The gateway repeated
 * the call every second, without end, each time with an audit entry. The call also ended the hold
 * of a version whose campaign was busy.
 */
describe('A campaign that stays on although Genesys accepts the stop', () => {
  let stage: ApplyStage
  before(async () => {
    stage = await setApplyStage('platform')
  })
  after(() => stage.close())

  it('is stopped again after growing waits, and after an hour its version is held and stays held', async () => {
    const id = 'stays-on'
    const { campaigns, stops } = withIdleStops(stage.genesys.campaigns)
    stage.sandbox.makeCampaign({ id, name: id, contactListId: LIST.id, status: 'on' })
    await stage.put(id)
    const waits: (number | null)[] = []
    while (stops() < 7) {
      const before = stops()
      const waitMs = await stage.look(id, campaigns)
      if (stops() > before) waits.push(waitMs)
    }
    assert.deepEqual(waits, [1_000, 5_000, 10_000, 20_000, 40_000, 60_000, 60_000])
    stage.advance(HOUR_MS)
    await stage.look(id, campaigns)
    const held = await stage.latest(id)
    assert.deepEqual([held.state, held.hold?.reason], ['held', 'campaign_busy'])
    await stage.look(id, campaigns)
    await stage.look(id, campaigns)
    assert.deepEqual((await stage.latest(id)).hold, held.hold)
    assert.equal(stage.told.filter((name) => name === 'segment.held').length, 1)
  })

  it('is written to and started again as soon as a stop has its effect', async () => {
    const id = 'stops-late'
    const { campaigns } = withIdleStops(stage.genesys.campaigns)
    stage.sandbox.setFaults([{ kind: 'campaign-stopping', lagMs: 0 }])
    stage.sandbox.makeCampaign({ id, name: id, contactListId: LIST.id, status: 'on' })
    await stage.put(id)
    for (let look = 0; look < 3; look += 1) await stage.look(id, campaigns)
    stage.advance(HOUR_MS)
    await stage.look(id, campaigns)
    assert.equal((await stage.latest(id)).hold?.reason, 'campaign_busy')
    for (let look = 0; look < 5 && (await stage.latest(id)).state !== 'applied'; look += 1) {
      await stage.look(id)
    }
    const { state, hold, problem } = await stage.latest(id)
    assert.deepEqual([state, hold, problem], ['applied', null, null])
  })
})
