import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'

import type { CampaignReport } from '../../../src/sandbox/server/campaign-report.ts'
import { eachHome } from '../../support/databases/database.ts'
import {
  CAMPAIGN,
  createSegmentClient,
  fillPeople,
  GUIDE_EXAMPLE,
} from '../../support/segments/segment-stage.ts'
import { setStage } from '../../support/stages/stage.ts'

type Seen = (report: CampaignReport) => boolean
/** Faults after which Genesys has done what was asked, but the gateway does not know it. */
const IN_DOUBT = {
  guide: { 'its rules are written': ({ writes }) => writes > 0 },
  platform: {
    'its campaign is stopping': ({ campaign }) => campaign.campaignStatus !== 'on',
    'its filter is written': ({ writes }) => writes > 0,
  },
} as const satisfies Record<string, Record<string, Seen>>

eachHome('kill -9 while a segment is applied', (home) => {
  for (const dialect of ['guide', 'platform'] as const) {
    for (const [moment, seen] of Object.entries<Seen>(IN_DOUBT[dialect])) {
      test(`and ${moment}: the next start goes on, dials whom it should and leaves nothing stopped (${dialect})`, async () => {
        const stage = await setStage(await home.fresh(), dialect, { provisioningLagMs: 0 })
        try {
          const first = await stage.gateway()
          await fillPeople(stage.sandbox, first.client)
          if (dialect === 'platform') stage.sandbox.makeCampaign({ ...CAMPAIGN, status: 'on' })
          stage.sandbox.setFaults([
            { kind: 'slow', operation: 'campaign-write', delayMs: 3_000 },
            { kind: 'slow', operation: 'campaign-control', delayMs: 3_000, count: 1 },
          ])
          const put = createSegmentClient(first.client).put
          const { status, text } = await put({ ...GUIDE_EXAMPLE, activation: 'restart' })
          assert.equal(status, 202, text)
          while (!seen(stage.sandbox.campaign(CAMPAIGN.id))) await delay(5)
          await first.kill()
          stage.sandbox.setFaults([])

          const second = await stage.gateway()
          const segments = createSegmentClient(second.client)
          const applied = await segments.ended()
          assert.deepEqual([applied.state, applied.problem], ['applied', null])
          const { dials, campaign } = stage.sandbox.campaign(CAMPAIGN.id)
          assert.deepEqual(dials, ['fits', 'fits-too', 'contacted-9'])
          if (dialect === 'platform') assert.equal(campaign.campaignStatus, 'on')
          const told = await stage.crm.message(({ type }) => type === 'segment.applied')
          const { data } = told as unknown as { data: { version: number } }
          assert.equal(data.version, 1)
          assert.equal((await segments.versions()).body.items.length, 1)
        } finally {
          await stage.close()
        }
      })
    }
  }
})
