import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'

import type { SandboxHandle } from '../../../src/sandbox/server/start-sandbox.ts'
import type { Answer, GatewayClient } from '../gateway/gateway-client.ts'

const text = (name: string) => ({ name, kind: 'text', required: false }) as const

/** A list with what a CRM knows about people. Its campaign is off. */
export const LIST = {
  id: 'people',
  name: 'People',
  columns: [
    { name: 'customerId', kind: 'text', required: true } as const,
    { name: 'phoneNumber', kind: 'phone', required: false } as const,
    ...['age', 'region', 'engagement_score', 'tier', 'do_not_call', 'recently_contacted'].map(text),
  ],
}
export const CAMPAIGN = { id: 'spring', name: 'Spring', contactListId: LIST.id }

/** The id of each person says what is special about that person. */
export const PEOPLE = [
  'customerId,phoneNumber,age,region,engagement_score,tier,do_not_call,recently_contacted',
  'fits,+12125550101,30,NW,80,gold,false,10',
  'fits-too,+12125550102,55,CA,70,gold,,',
  'young,+12125550103,24,NW,80,gold,false,10',
  'elsewhere,+12125550104,30,FL,80,gold,false,10',
  'do-not-call,+12125550105,30,NW,80,gold,true,10',
  'contacted,+12125550106,30,NW,80,gold,false,31',
  'contacted-9,+12125550107,30,NW,80,basic,false,9',
  'no-age,+12125550108,,NW,80,,false,10',
].join('\n')

export type SegmentView = {
  campaignId: string
  version: number
  state: string
  hold: { reason: string } | null
  waitingFor: string | null
  ruleCount: number
  definition: unknown
  house: object[]
  indexStatus: string | null
  problem: { code: string; path?: string } | null
  analysis: {
    digest: string
    findings: { code: string; path: string; otherPath?: string; detail: string }[]
    matches: {
      basis: string
      total: number
      selected: number
      excluded: number
      byExclusion: { path: string; removed: number }[]
    } | null
    change: { enter: number; leave: number; doNotCall: number | null } | null
  }
  compiled: { rules?: { expression?: string }[]; filter?: object }
}
export type ProblemView = {
  code: string
  detail: string
  errors?: { pointer: string; code: string; detail: string }[]
  reasons?: string[]
  digest?: string
}

export const createSegmentClient = (client: GatewayClient, campaignId = CAMPAIGN.id) => {
  const path = `/v1/campaigns/${campaignId}/segment`
  const send = <T>(
    method: string,
    of: string,
    body: unknown,
    headers: Record<string, string> = {},
  ): Promise<Answer<T & ProblemView>> =>
    client.call(`${path}${of}`, {
      method,
      headers: { 'content-type': 'application/json', ...headers },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    })
  const find = async (): Promise<SegmentView> => (await client.call<SegmentView>(path)).body
  const until = async (
    wanted: (segment: SegmentView) => boolean,
    withinMs = 30_000,
  ): Promise<SegmentView> => {
    const deadline = performance.now() + withinMs
    for (;;) {
      const segment = await find()
      if (wanted(segment)) return segment
      if (performance.now() > deadline) {
        throw new Error(`Not as wanted within ${withinMs} ms: ${JSON.stringify(segment)}`)
      }
      await delay(25)
    }
  }
  return {
    put: (body: unknown, headers: Record<string, string> = {}) =>
      send<SegmentView>('PUT', '', body, { 'idempotency-key': randomUUID(), ...headers }),
    preview: (body: unknown) =>
      send<SegmentView & { needsConfirm: string[] }>('POST', '/preview', body),
    rollBack: (body: unknown, headers: Record<string, string> = {}) =>
      send<SegmentView>('POST', '/rollback', body, { 'idempotency-key': randomUUID(), ...headers }),
    resume: () => client.call<SegmentView & ProblemView>(`${path}/resume`, { method: 'POST' }),
    versions: (query = '') =>
      client.call<{ items: SegmentView[]; next: string | null }>(`${path}/versions${query}`),
    find,
    until,
    ended: () => until(({ state }) => state === 'applied' || state === 'failed'),
  }
}

/** Fills the list and the campaign, both in Genesys and in the gateway. */
export const fillPeople = async (sandbox: SandboxHandle, client: GatewayClient): Promise<void> => {
  sandbox.makeList(LIST)
  sandbox.makeCampaign(CAMPAIGN)
  const {
    body,
    text: said,
    status,
  } = await client.upload(LIST.id, PEOPLE, {
    query: 'contactIdColumn=customerId',
  })
  if (status !== 202) throw new Error(said)
  await client.finished(body.id)
}

/** The example of the guide, as the guide has it [guide-004]. */
export const GUIDE_EXAMPLE = {
  listIds: [LIST.id],
  primaryListId: LIST.id,
  demographicMatrix: {
    age: { min: 25, max: 55 },
    region: { allowed: ['NW', 'CA', 'TX'] },
    engagement_score: { min: 70, max: 100 },
  },
  exclusionRules: [
    { attribute: 'do_not_call', operator: '=', value: 'true' },
    { attribute: 'recently_contacted', operator: '>', value: '30' },
  ],
}
