import type { FastifyInstance } from 'fastify'
import { z } from 'zod'

import { guideDials, listsOfRules } from '../guide/guide-campaign-endpoints.ts'
import { matcherOf } from '../platform/contact-criteria.ts'
import { criteriaOf, readingOf } from '../platform/platform-filter-endpoints.ts'
import type { CampaignStatus, StoredCampaign } from '../state/campaigns/campaigns.ts'
import { describeCampaign } from '../state/campaigns/describe-campaign.ts'
import { fieldsOf } from '../state/list-store.ts'
import type { SandboxState } from './endpoint.ts'
import { Refusal } from './refusal.ts'

export type CampaignReport = {
  campaign: Record<string, unknown> & { version: number; campaignStatus: CampaignStatus }
  /** How many writes to the campaign were applied. */
  writes: number
  /** The ids of the contacts that would be dialled, in the order of their lists. */
  dials: string[]
}

const dialledByRules = (state: SandboxState, { rules }: StoredCampaign): string[] => {
  const reading = state.faults.emptyCells() === 'fails' ? 'unknown' : 'false'
  return listsOfRules(rules).flatMap((listId) => {
    const list = state.lists.get(listId)
    return list.contacts.page(0, Infinity).contacts.flatMap(({ contactId, cells }) => {
      const values = fieldsOf(list, cells)
      return guideDials(rules, (name) => values[name] ?? undefined, reading) ? [contactId] : []
    })
  })
}

const dialledByFilter = (state: SandboxState, campaign: StoredCampaign): string[] => {
  const list = state.lists.get(campaign.contactListId)
  const matchers = campaign.filterIds.map((id) =>
    matcherOf(list, criteriaOf(state.filters.get(id)), readingOf(state)),
  )
  return list.contacts
    .page(0, Infinity)
    .contacts.filter(({ cells }) => matchers.every((matches) => matches(cells)))
    .map(({ contactId }) => contactId)
}

/**
 * Reports whom the campaign would dial: by its rules (guide) or, if it has no rules, by its filter
 * (platform). A campaign with neither would dial every contact of its list.
 */
export const reportOfCampaign = (state: SandboxState, id: string): CampaignReport => {
  state.effects.settleDue()
  const campaign = state.campaigns.get(id)
  return {
    campaign: describeCampaign(state, campaign),
    writes: campaign.writes,
    dials:
      campaign.rules.length > 0
        ? dialledByRules(state, campaign)
        : dialledByFilter(state, campaign),
  }
}

const campaignSchema = z.strictObject({
  id: z.string().min(1),
  name: z.string().min(1),
  contactListId: z.string().min(1),
  status: z.enum(['on', 'stopping', 'off', 'complete', 'forced_off']).default('off'),
})

/** The sandbox's own calls about campaigns, under `/_sandbox`. */
export const registerCampaignControl = (app: FastifyInstance, state: SandboxState): void => {
  app.post('/_sandbox/campaigns', (request, reply) => {
    const parsed = campaignSchema.safeParse(request.body)
    if (!parsed.success) {
      const path = parsed.error.issues[0]?.path.join('.') ?? ''
      throw new Refusal(400, 'sandbox.request.invalid', `The campaign is not valid at ${path}.`)
    }
    state.lists.get(parsed.data.contactListId)
    state.campaigns.add(parsed.data)
    return reply.code(201).send(parsed.data)
  })
  app.get('/_sandbox/campaigns/:campaignId', (request) =>
    reportOfCampaign(state, (request.params as { campaignId: string }).campaignId),
  )
}
