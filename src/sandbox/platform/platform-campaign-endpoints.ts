import { z } from 'zod'

import {
  type Call,
  type Endpoint,
  platformEndpoint,
  type SandboxState,
} from '../server/endpoint.ts'
import type { Answer } from '../server/refusal.ts'
import type { CampaignStatus, StoredCampaign } from '../state/campaigns/campaigns.ts'
import { describeCampaign } from '../state/campaigns/describe-campaign.ts'
import { pageAnswer } from './paging.ts'
import { refuse } from './platform-list-rules.ts'

const BASE = '/api/v2/outbound/campaigns'
/** How long a campaign is `stopping` before it is `off`. */
const STOPPING_MS = 200

const entitySchema = z.looseObject({
  name: z.string().min(1),
  version: z.int(),
  contactList: z.object({ id: z.string() }),
  contactListFilters: z.array(z.looseObject({ id: z.string() })).default([]),
  campaignStatus: z.enum(['on', 'stopping', 'off', 'complete', 'forced_off']),
  dialingMode: z.string(),
})

/**
 * Members that are not stored in `members`: they have a separate field, are computed, or belong to
 * the guide dialect.
 */
const OWN = [
  ...['id', 'name', 'version', 'contactList', 'contactListFilters', 'campaignStatus'],
  ...['dialingMode', 'rules', 'useOnlyOnce', 'indexStatus', 'selfUri'],
]

const MOVES: Record<CampaignStatus, readonly CampaignStatus[]> = {
  off: ['off', 'on'],
  on: ['on', 'off', 'stopping'],
  stopping: ['stopping'],
  complete: ['complete', 'off', 'on'],
  forced_off: ['forced_off', 'off', 'on'],
}

const move = (
  state: SandboxState,
  call: Call,
  campaign: StoredCampaign,
  to: CampaignStatus,
): void => {
  if (!MOVES[campaign.status].includes(to)) {
    refuse('invalid.update.bad.status.transition', `From ${campaign.status} not to ${to}.`)
  }
  if (campaign.status !== 'on' || to === 'on') {
    campaign.status = to
    return
  }
  const lagMs = state.faults.pick(['campaign-stopping'], call)?.lagMs ?? STOPPING_MS
  campaign.status = 'stopping'
  campaign.offAtMs = state.clock.monotonicMs() + lagMs
}

const assertFilters = (state: SandboxState, entity: z.output<typeof entitySchema>): void => {
  const { contactListFilters, contactList } = entity
  if (contactListFilters.length > 1) {
    refuse('more.than.one.contact.list.filter', 'A campaign has one filter at the most.')
  }
  for (const { id } of contactListFilters) {
    if (!state.filters.has(id)) refuse('contact.list.filter.not.found', 'There is no such filter.')
    if (state.filters.get(id).contactListId !== contactList.id) {
      refuse('contact.list.filter.does.not.match.contact.list', 'The filter is of another list.')
    }
  }
}

const update = (state: SandboxState, call: Call): Answer => {
  const campaign = state.campaigns.get(call.params['campaignId'] ?? '')
  const parsed = entitySchema.safeParse(call.body)
  if (!parsed.success) return refuse('bad.request', 'The campaign is not valid.')
  const entity = parsed.data
  if (entity.version !== campaign.version) {
    refuse('invalid.update.wrong.version', 'The version does not match.', 409)
  }
  const filterIds = entity.contactListFilters.map(({ id }) => id)
  const isOther =
    filterIds.join() !== campaign.filterIds.join() ||
    entity.contactList.id !== campaign.contactListId
  if (campaign.status === 'stopping' || (campaign.status === 'on' && isOther)) {
    refuse('invalid.update.campaign.active', 'The campaign is active.', 409)
  }
  if (state.imports.running(campaign.contactListId)) {
    refuse('contact.list.import.in.progress', 'An import into the list is in progress.')
  }
  assertFilters(state, entity)
  move(state, call, campaign, entity.campaignStatus)
  campaign.name = entity.name
  campaign.contactListId = entity.contactList.id
  campaign.filterIds = filterIds
  campaign.dialingMode = entity.dialingMode
  campaign.members = Object.fromEntries(
    Object.entries(entity).filter(([member]) => !OWN.includes(member)),
  )
  campaign.version += 1
  campaign.writes += 1
  return { status: 200, body: describeCampaign(state, campaign) }
}

const control = (state: SandboxState, call: Call, to: 'on' | 'off'): Answer => {
  const campaign = state.campaigns.get(call.params['campaignId'] ?? '')
  if (campaign.status === 'stopping') {
    refuse('invalid.update.bad.status.transition', 'The campaign is stopping.')
  }
  if (campaign.status !== to) {
    move(state, call, campaign, to)
    campaign.version += 1
  }
  return { status: 200, body: { id: campaign.id, selfUri: `${BASE}/${campaign.id}` } }
}

const diagnose = (state: SandboxState, campaign: StoredCampaign): Answer => {
  const total = state.lists.get(campaign.contactListId).contacts.size
  return {
    status: 200,
    body: {
      callableContacts: { attemptLimits: 0, dncLists: 0, callableTimes: 0, totalRecords: total },
      queueUtilizationDiagnostic: { numberOfContacts: 0 },
      ruleSetDiagnostics: [],
      outstandingInteractionsCount: 0,
      scheduledInteractionsCount: 0,
    },
  }
}

/** Campaigns of the platform dialect. The call that reads a campaign serves both dialects. */
export const platformCampaignEndpoints = (state: SandboxState): Endpoint[] => {
  const campaignOf = ({ params }: Call): StoredCampaign =>
    state.campaigns.get(params['campaignId'] ?? '')
  return [
    platformEndpoint('GET', BASE, 'campaign', (call) =>
      pageAnswer(call, { path: BASE, entities: state.campaigns.all() }, (campaign) =>
        describeCampaign(state, campaign),
      ),
    ),
    {
      ...platformEndpoint('GET', `${BASE}/:campaignId`, 'campaign', (call) => ({
        status: 200,
        body: describeCampaign(state, campaignOf(call)),
      })),
      dialect: 'shared',
    },
    platformEndpoint('PUT', `${BASE}/:campaignId`, 'campaign-write', (call) => update(state, call)),
    platformEndpoint('POST', `${BASE}/:campaignId/start`, 'campaign-control', (call) =>
      control(state, call, 'on'),
    ),
    platformEndpoint('POST', `${BASE}/:campaignId/stop`, 'campaign-control', (call) =>
      control(state, call, 'off'),
    ),
    platformEndpoint('GET', `${BASE}/:campaignId/diagnostics`, 'campaign', (call) =>
      diagnose(state, campaignOf(call)),
    ),
  ]
}
