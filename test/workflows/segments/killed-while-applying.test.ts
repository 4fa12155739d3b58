import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'

import type { SegmentDefinition } from '../../../src/domain/segments/segment.ts'
import { createGenesysClient, type GenesysClient } from '../../../src/genesys/calls/client.ts'
import { systemClock } from '../../../src/lib/clock.ts'
import { type SandboxHandle, startSandbox } from '../../../src/sandbox/server/start-sandbox.ts'
import type { Store } from '../../../src/store/homes/open-store.ts'
import { createApplySegment } from '../../../src/workflows/segments/apply/apply-segment.ts'
import { embeddedHome, openTestStore } from '../../support/databases/database.ts'
import { createLife, Killed, mortal, type Life } from '../../support/gateway/kill-points.ts'
import { LIST } from '../../support/segments/segment-stage.ts'
import { ids } from '../../support/stages/store-uploads.ts'

const RULE = { attribute: 'region', operator: '=', value: 'NW' } as const
const DEFINITION: SegmentDefinition = {
  contactListIds: [LIST.id],
  conditions: RULE,
  exclusions: [],
  dialingMode: null,
  useOnlyOnce: null,
  activation: 'restart',
  confirm: null,
}
const CALLS = [
  'readCampaign',
  'putRules',
  'putFilter',
  'findFilter',
  'makeFilter',
  'stop',
  'start',
] as const
const LEASE = { signal: new AbortController().signal, assertHeld: () => undefined }
const MOST_KILLS = 60

for (const dialect of ['guide', 'platform'] as const) {
  describe(`A gateway killed while it applies a segment (${dialect})`, () => {
    const home = embeddedHome()
    let store: Store
    let sandbox: SandboxHandle
    let genesys: GenesysClient
    before(async () => {
      store = await openTestStore(await home.fresh())
      sandbox = await startSandbox({
        ...{ host: '127.0.0.1', port: 0, clientId: 'id', clientSecret: 'secret' },
        ...{ clock: systemClock, provisioningLagMs: 0 },
        limits: { guideRequestsPerMinute: 1_000_000, platformRequestsPerMinute: 1_000_000 },
      })
      sandbox.makeList(LIST)
      sandbox.setFaults([{ kind: 'campaign-stopping', lagMs: 1 }])
      genesys = createGenesysClient({
        ...{ dialect, apiUrl: sandbox.url, loginUrl: sandbox.url },
        ...{ clientId: 'id', clientSecret: 'secret', requestsPerMinute: 1_000_000 },
        ...{ batchRows: null, pace: store.pace, newLists: store.newLists },
        ...{ clock: systemClock, random: Math.random, emit: () => undefined },
      })
    })
    after(async () => {
      await genesys.close()
      await sandbox.close()
      await store.close()
      await home.close()
    })

    const put = async (campaignId: string): Promise<void> => {
      const scope = { tenantId: 'default', method: 'PUT', path: `/${campaignId}`, key: 'one' }
      await store.idempotency.claim({ ...scope, owner: 'me', deadAfterMs: 60_000 })
      const placed = { path: '/conditions', kind: 'leaf', leaf: RULE } as const
      const compilation = genesys.campaigns.compile(
        { conditions: placed, exclusions: [] },
        DEFINITION.contactListIds,
      )
      assert.ok('compiled' in compilation)
      const made = await store.segments.put(
        {
          ...{ tenantId: 'default', campaignId, sent: {}, definition: DEFINITION, house: [] },
          compiled: compilation.compiled,
          analysis: { digest: 'd', findings: [], matches: null, change: null },
          ...{ actor: 'key_1', requestId: 'req_1' },
        },
        {
          expected: null,
          kept: {
            scope: { ...scope, owner: 'me' },
            answerOf: () => ({ fingerprint: 'f', status: 202, body: '{}', location: null }),
          },
          audit: () => ({
            ...{ id: ids.newId('aud'), tenantId: 'default', actor: 'key_1' },
            ...{ action: 'segment.requested', object: campaignId, requestId: 'req_1' },
            ...{ attempt: 1, latencyMs: null, outcome: 'ok', counts: {}, digest: null },
          }),
        },
      )
      assert.equal(made.kind, 'made')
    }

    /** Works until nothing is left, or the process ends; its claim is left as it was then. */
    const live = async (life: Life | null): Promise<void> => {
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
      let kills = 0
      for (let steps = 1; steps <= MOST_KILLS; steps += 1) {
        const campaignId = `campaign-${steps}`
        sandbox.makeCampaign({
          ...{ id: campaignId, name: campaignId, contactListId: LIST.id },
          status: dialect === 'platform' ? 'on' : 'off',
        })
        await put(campaignId)
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
