import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'

import { systemClock } from '../../../src/lib/clock.ts'
import { createApplySegment } from '../../../src/workflows/segments/apply/apply-segment.ts'
import { createLife, Killed, mortal, type Life } from '../../support/gateway/kill-points.ts'
import { LEASE, setApplyStage, type ApplyStage } from '../../support/segments/apply-stage.ts'
import { LIST } from '../../support/segments/segment-stage.ts'
import { ids } from '../../support/stages/store-uploads.ts'

const CALLS = [
  'readCampaign',
  'putRules',
  'putFilter',
  'findFilter',
  'makeFilter',
  'stop',
  'start',
] as const
const MOST_KILLS = 60

for (const dialect of ['guide', 'platform'] as const) {
  describe(`A gateway killed while it applies a segment (${dialect})`, () => {
    let stage: ApplyStage
    before(async () => {
      stage = await setApplyStage(dialect)
      stage.sandbox.setFaults([{ kind: 'campaign-stopping', lagMs: 1 }])
    })
    after(() => stage.close())

    /** Works until nothing is left or the process is killed. Its claim then stays as it is. */
    const live = async (life: Life | null): Promise<void> => {
      const { genesys, store } = stage
      const [campaigns, segments] =
        life === null
          ? [genesys.campaigns, store.segments]
          : [
              mortal(genesys.campaigns, CALLS as never, life),
              mortal(store.segments, ['step'], life),
            ]
      const apply = createApplySegment({
        ...{ campaigns, segments, ids, clock: systemClock, emit: () => undefined },
        ...{ indexWaitMs: 60_000, holdRetryMs: 10 },
      })
      for (;;) {
        const claimed = await store.segments.claim('me')
        if (claimed === null) return
        const nextMs = await apply(claimed.claim, claimed.segment, LEASE)
        await store.segments.release(claimed.claim, nextMs === null ? null : 0)
        if (nextMs !== null) await delay(5)
      }
    }

    it('goes on from every step, dials whom it should, and never leaves a campaign stopped', async () => {
      const { sandbox, store } = stage
      let kills = 0
      for (let steps = 1; steps <= MOST_KILLS; steps += 1) {
        const campaignId = `campaign-${steps}`
        sandbox.makeCampaign({
          ...{ id: campaignId, name: campaignId, contactListId: LIST.id },
          status: dialect === 'platform' ? 'on' : 'off',
        })
        await stage.put(campaignId)
        const life = createLife(steps)
        await live(life).catch((error: unknown) => {
          if (!(error instanceof Killed)) throw error
        })
        kills += life.ended ? 1 : 0
        await store.segments.freeAll()
        await live(null)
        const segment = await store.segments.latest(campaignId)
        assert.equal(segment?.state, 'applied', `${steps}: ${JSON.stringify(segment)}`)
        assert.equal(segment.problem, null, `${steps}: ${JSON.stringify(segment.problem)}`)
        const { campaign } = sandbox.campaign(campaignId)
        if (dialect === 'guide') assert.deepEqual(campaign['rules'], segment.compiled.body['rules'])
        else {
          assert.equal(campaign.campaignStatus, 'on', String(steps))
          const filters = campaign['contactListFilters'] as { id: string }[]
          assert.deepEqual(
            filters.map(({ id }) => id),
            [segment.progress.filterId],
          )
        }
        if (!life.ended) break
      }
      assert.ok(kills > 5 && kills < MOST_KILLS, `${kills} kills`)
    })
  })
}
