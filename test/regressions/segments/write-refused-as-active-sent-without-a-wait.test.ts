import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'

import { GenesysFailure } from '../../../src/domain/genesys/genesys-failure.ts'
import { setApplyStage, type ApplyStage } from '../../support/segments/apply-stage.ts'
import { withRefusedWrites } from '../../support/segments/refused-writes.ts'
import { LIST } from '../../support/segments/segment-stage.ts'

const ACTIVE = { status: 400, upstreamCode: 'invalid.update.campaign.active' }

/**
 * Genesys showed a campaign as `complete`, and refused the write because the campaign was active.
 * The gateway repeated the write without a wait, dozens of times a second, each time with an audit
 * entry. Nothing ended this.
 */
describe('A campaign whose write is refused as active although it does not look active', () => {
  let stage: ApplyStage
  before(async () => {
    stage = await setApplyStage('platform')
  })
  after(() => stage.close())

  const waitsOf = async (id: string, looks: number): Promise<(number | null)[]> => {
    const refused = withRefusedWrites(
      stage.genesys.campaigns,
      () => new GenesysFailure('refused', 'put-campaign', ACTIVE),
    )
    const waits: (number | null)[] = []
    while (refused.writes() < looks) {
      const before = refused.writes()
      const waitMs = await stage.look(id, refused.campaigns)
      if (refused.writes() > before) waits.push(waitMs)
    }
    return waits
  }

  it('is written to again after growing waits', async () => {
    const id = 'never-stopped'
    stage.sandbox.makeCampaign({ id, name: id, contactListId: LIST.id })
    await stage.put(id)
    assert.deepEqual(await waitsOf(id, 6), [5_000, 10_000, 20_000, 40_000, 60_000, 60_000])
    assert.equal((await stage.latest(id)).waitingFor, 'campaign')
    await stage.look(id)
    assert.equal((await stage.latest(id)).state, 'applied')
  })

  it('is written to again after 5 seconds each time if the gateway has stopped it', async () => {
    const id = 'stopped'
    stage.sandbox.setFaults([{ kind: 'campaign-stopping', lagMs: 0 }])
    stage.sandbox.makeCampaign({ id, name: id, contactListId: LIST.id, status: 'on' })
    await stage.put(id)
    assert.deepEqual(await waitsOf(id, 4), [5_000, 5_000, 5_000, 5_000])
  })
})
