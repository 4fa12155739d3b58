import assert from 'node:assert/strict'

import type { CampaignSegment } from '../../../src/domain/segments/campaign-segment.ts'
import type { SegmentDefinition } from '../../../src/domain/segments/segment.ts'
import { createGenesysClient, type GenesysClient } from '../../../src/genesys/calls/client.ts'
import { systemClock, type Clock } from '../../../src/lib/clock.ts'
import { type SandboxHandle, startSandbox } from '../../../src/sandbox/server/start-sandbox.ts'
import type { Store } from '../../../src/store/homes/open-store.ts'
import { createGenesysTime } from '../../../src/workflows/clock/genesys-time.ts'
import { createTimeWitness } from '../../../src/workflows/clock/time-witness.ts'
import type { CampaignPort } from '../../../src/workflows/ports/segments/campaigns.ts'
import { createApplySegment } from '../../../src/workflows/segments/apply/apply-segment.ts'
import { auditOfEnd } from '../../../src/workflows/segments/segment-audit.ts'
import { embeddedHome, openTestStore } from '../databases/database.ts'
import { ids } from '../stages/store-uploads.ts'
import { LIST } from './segment-stage.ts'

const RULE = { attribute: 'region', operator: '=', value: 'NW' } as const
export const DEFINITION: SegmentDefinition = {
  contactListIds: [LIST.id],
  conditions: RULE,
  exclusions: [],
  dialingMode: null,
  useOnlyOnce: null,
  activation: 'restart',
  confirm: null,
}

export type ApplyStage = {
  store: Store
  sandbox: SandboxHandle
  genesys: GenesysClient
  /** Stores the next version of the campaign's segment, as if a caller had put it. */
  put(campaignId: string, about?: Partial<SegmentDefinition>): Promise<CampaignSegment>
  /** The newest version in the store. */
  latest(campaignId: string): Promise<CampaignSegment>
  /**
   * Applies the newest version once. Returns the milliseconds until the next step. null: nothing
   * more to do.
   */
  look(campaignId: string, campaigns?: CampaignPort): Promise<number | null>
  /** Moves the time of Genesys and of the worker. */
  advance(ms: number): void
  /** Makes the worker's clock jump, which Genesys' clock does not. */
  jump(ms: number): void
  /** Names of the events since the start. */
  told: string[]
  /** All values in these events and in those of the client, as text. */
  said: string[]
  close(): Promise<void>
}

export const LEASE = { signal: new AbortController().signal, assertHeld: () => undefined }

/** A store and a Genesys of one dialect. A test applies segments between them step by step. */
export const setApplyStage = async (dialect: 'guide' | 'platform'): Promise<ApplyStage> => {
  const home = embeddedHome()
  let [aheadMs, jumpedMs] = [0, 0]
  const clock: Clock = {
    ...systemClock,
    now: () => new Date(systemClock.now().getTime() + aheadMs),
    monotonicMs: () => systemClock.monotonicMs() + aheadMs,
  }
  const witness = createTimeWitness({ clock })
  const ownClock = { ...clock, now: () => new Date(clock.now().getTime() + jumpedMs) }
  const genesysTime = createGenesysTime({ witness, clock: ownClock })
  const told: string[] = []
  const said: string[] = []
  const store = await openTestStore(await home.fresh())
  const sandbox = await startSandbox({
    ...{ host: '127.0.0.1', port: 0, clientId: 'id', clientSecret: 'secret' },
    ...{ clock, provisioningLagMs: 0 },
    limits: { guideRequestsPerMinute: 1_000_000, platformRequestsPerMinute: 1_000_000 },
  })
  sandbox.makeList(LIST)
  const genesys = createGenesysClient({
    ...{ dialect, apiUrl: sandbox.url, loginUrl: sandbox.url },
    ...{ clientId: 'id', clientSecret: 'secret', requestsPerMinute: 1_000_000 },
    ...{ batchRows: null, pace: store.pace, newLists: store.newLists },
    ...{ clock: systemClock, random: Math.random },
    heardTime: () => witness.hear(clock.now().getTime()),
    emit: (name, fields) => void said.push(JSON.stringify({ name, fields })),
  })
  const put = async (
    campaignId: string,
    about: Partial<SegmentDefinition> = {},
  ): Promise<CampaignSegment> => {
    const definition = { ...DEFINITION, ...about }
    const scope = { tenantId: 'default', method: 'PUT', path: `/${campaignId}`, key: ids.newUuid() }
    await store.idempotency.claim({ ...scope, owner: 'me', deadAfterMs: 60_000 })
    const placed = { path: '/conditions', kind: 'leaf', leaf: RULE } as const
    const compilation = genesys.campaigns.compile(
      { conditions: placed, exclusions: [] },
      definition.contactListIds,
    )
    assert.ok('compiled' in compilation)
    const made = await store.segments.put(
      {
        ...{ tenantId: 'default', campaignId, sent: {}, definition, house: [] },
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
        auditOfEnd: (ended) => auditOfEnd(ids, ended),
        audit: () => ({
          ...{ id: ids.newId('aud'), tenantId: 'default', actor: 'key_1' },
          ...{ action: 'segment.requested', object: campaignId, requestId: 'req_1' },
          ...{ attempt: 1, latencyMs: null, outcome: 'ok', counts: {}, digest: null, details: {} },
        }),
      },
    )
    assert.ok(made.kind === 'made')
    return made.segment
  }
  return {
    ...{ store, sandbox, genesys, put },
    ...{ told, said },
    advance: (ms) => void (aheadMs += ms),
    jump: (ms) => void (jumpedMs += ms),
    latest: async (campaignId) => {
      const segment = await store.segments.latest(campaignId)
      assert.ok(segment)
      return segment
    },
    look: async (campaignId, campaigns = genesys.campaigns) => {
      await store.segments.freeAll()
      // Ignores when the lane would continue, because a test does not wait for that.
      await store.sql.executeSql(`update segment_campaign set ready_at =
        case when campaign_id = '${campaignId}' then clock_timestamp() else 'infinity' end`)
      const claimed = await store.segments.claim('me')
      assert.equal(claimed?.claim.campaignId, campaignId)
      const apply = createApplySegment({
        ...{ campaigns, segments: store.segments, ids, clock: genesysTime },
        emit: (name, fields) => {
          told.push(name)
          said.push(JSON.stringify({ name, fields }))
        },
        ...{ indexWaitMs: 60_000, holdRetryMs: 10 },
      })
      return apply(claimed.claim, claimed.segment, LEASE)
    },
    close: async () => {
      await genesys.close()
      await sandbox.close()
      await store.close()
      await home.close()
    },
  }
}
