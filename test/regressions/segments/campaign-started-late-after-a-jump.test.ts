import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'

import { setApplyStage, type ApplyStage } from '../../support/segments/apply-stage.ts'
import { LIST } from '../../support/segments/segment-stage.ts'

const MINUTE_MS = 60_000
const LEFT_OFF = 'segment.campaign_left_off'

/**
 * The gateway starts a campaign that it has stopped only within ten minutes. The machine's clock
 * measured them. When it was set back, the campaign was started long after that. When it was set
 * ahead, the campaign stayed off.
 */
describe('A campaign that the gateway has stopped, while the clock jumps', () => {
  let stage: ApplyStage
  before(async () => {
    stage = await setApplyStage('platform')
  })
  after(() => stage.close())

  /** Returns whether the campaign was left off. */
  const apply = async (id: string, jumpMs: number, passMs: number): Promise<boolean> => {
    stage.sandbox.makeCampaign({ id, name: id, contactListId: LIST.id, status: 'on' })
    await stage.put(id)
    while ((await stage.latest(id)).progress.step !== 'sent') {
      await stage.look(id)
      stage.advance(MINUTE_MS)
    }
    stage.jump(jumpMs)
    stage.advance(passMs)
    const told = stage.told.length
    while ((await stage.look(id)) !== null);
    assert.equal((await stage.latest(id)).state, 'applied')
    return stage.told.slice(told).includes(LEFT_OFF)
  }

  it('is not started half an hour later, although the clock was set back by an hour', async () => {
    assert.equal(await apply('back', -60 * MINUTE_MS, 30 * MINUTE_MS), true)
  })

  it('is started a minute later, although the clock was set ahead by an hour', async () => {
    assert.equal(await apply('ahead', 60 * MINUTE_MS, MINUTE_MS), false)
  })
})
