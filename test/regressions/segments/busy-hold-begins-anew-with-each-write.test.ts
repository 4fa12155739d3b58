import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'

import { GenesysFailure } from '../../../src/domain/genesys/genesys-failure.ts'
import { setApplyStage, type ApplyStage } from '../../support/segments/apply-stage.ts'
import { withRefusedWrites } from '../../support/segments/refused-writes.ts'
import { LIST } from '../../support/segments/segment-stage.ts'

const ID = 'campaign-1'
const HOUR_MS = 60 * 60 * 1000

/**
 * A version was held because its campaign had been busy for an hour. Each further try ended the
 * hold before its write. The campaign refused the write, so a new hold began, with another entry of
 * the audit trail and another warning in the log. This repeated every minute.
 */
for (const dialect of ['guide', 'platform'] as const) {
  describe(`A version that is held because its campaign is busy (${dialect})`, () => {
    let stage: ApplyStage
    before(async () => {
      stage = await setApplyStage(dialect)
    })
    after(() => stage.close())

    it('stays held, and is reported once, until the campaign accepts the write', async () => {
      let busy = true
      const { campaigns, writes } = withRefusedWrites(stage.genesys.campaigns, () =>
        busy ? new GenesysFailure('conflict', 'put-campaign', { status: 409 }) : null,
      )
      stage.sandbox.makeCampaign({ id: ID, name: ID, contactListId: LIST.id })
      await stage.put(ID)
      await stage.look(ID, campaigns)
      stage.advance(HOUR_MS)
      await stage.look(ID, campaigns)
      const held = await stage.latest(ID)
      assert.deepEqual([held.state, held.hold?.reason], ['held', 'campaign_busy'])
      const before = writes()
      await stage.look(ID, campaigns)
      await stage.look(ID, campaigns)
      assert.ok(writes() > before)
      assert.deepEqual((await stage.latest(ID)).hold, held.hold)
      assert.equal(stage.told.filter((name) => name === 'segment.held').length, 1)
      busy = false
      await stage.look(ID, campaigns)
      const accepted = await stage.latest(ID)
      assert.deepEqual(
        [accepted.progress.step, accepted.hold, accepted.problem],
        ['sent', null, null],
      )
    })
  })
}
