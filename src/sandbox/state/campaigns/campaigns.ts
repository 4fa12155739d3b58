import type { Clock } from '../../../lib/clock.ts'
import { Refusal } from '../../server/refusal.ts'

export type CampaignStatus = 'on' | 'stopping' | 'off' | 'complete'

/** A contact list filter as it is kept; `criteria` are as the platform's side parsed them. */
export type StoredFilter = {
  id: string
  name: string
  version: number
  contactListId: string
  criteria: unknown
  dateCreated: string
  dateModified: string
}

/** A campaign to make. */
export type SandboxCampaign = {
  id: string
  name: string
  contactListId: string
  status?: CampaignStatus
}

export type GuideRule = {
  type: 'list' | 'contact'
  expression?: string | undefined
  filter: { type: 'list' | 'contact'; expression: string }
  actions: { type: 'include' | 'exclude' }[]
}

/** One campaign as both dialects see it. */
export type StoredCampaign = {
  id: string
  name: string
  version: number
  contactListId: string
  /** Platform: at most one. */
  filterIds: string[]
  status: CampaignStatus
  /** Monotonic; a campaign that is `stopping` is `off` from then on. */
  offAtMs: number
  /**
   * Every other member of the platform's entity, as the last PUT left it: what it did not carry is
   * gone.
   */
  members: Record<string, unknown>
  /** Guide. */
  rules: GuideRule[]
  dialingMode: string
  useOnlyOnce: boolean
  /** Monotonic; before it the index rebuilds. */
  indexedAtMs: number
  /** Writes that were applied. */
  writes: number
}

export type Campaigns = {
  add(campaign: SandboxCampaign): StoredCampaign
  /** Throws a 404 refusal. */
  get(id: string): StoredCampaign
  all(): StoredCampaign[]
  reset(): void
}

/** What a PUT has to carry back, or it is lost. */
const MEMBERS = {
  callerName: 'Sandbox',
  callerAddress: '+14155550100',
  outboundLineCount: 10,
  skipPreviewDisabled: false,
  previewTimeOutSeconds: 0,
  priority: 5,
  ruleSets: [],
  dncLists: [{ id: 'sandbox-dnc-list', name: 'Sandbox DNC list' }],
  phoneColumns: [{ columnName: 'phoneNumber' }],
}

export const createCampaigns = ({ clock }: { clock: Clock }): Campaigns => {
  const campaigns = new Map<string, StoredCampaign>()
  /** Time passes between calls. */
  const settle = (campaign: StoredCampaign): StoredCampaign => {
    if (campaign.status === 'stopping' && clock.monotonicMs() >= campaign.offAtMs) {
      campaign.status = 'off'
      campaign.version += 1
    }
    return campaign
  }
  return {
    add: ({ id, name, contactListId, status = 'off' }) => {
      const campaign: StoredCampaign = {
        id,
        name,
        version: 1,
        contactListId,
        filterIds: [],
        status,
        offAtMs: 0,
        members: structuredClone(MEMBERS),
        rules: [],
        dialingMode: 'progressive',
        useOnlyOnce: false,
        indexedAtMs: 0,
        writes: 0,
      }
      campaigns.set(id, campaign)
      return campaign
    },
    get: (id) => {
      const campaign = campaigns.get(id)
      if (!campaign) throw new Refusal(404, 'campaign.not.found', 'The campaign was not found.')
      return settle(campaign)
    },
    all: () => [...campaigns.values()].map(settle),
    reset: () => campaigns.clear(),
  }
}
