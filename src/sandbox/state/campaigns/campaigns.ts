import type { Clock } from '../../../lib/clock.ts'
import { Refusal } from '../../server/refusal.ts'

export type CampaignStatus = 'on' | 'stopping' | 'off' | 'complete' | 'forced_off'

/** A stored contact list filter. `criteria` are as the platform's endpoints parsed them. */
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

/** One campaign, with the members of both dialects. */
export type StoredCampaign = {
  id: string
  name: string
  version: number
  contactListId: string
  /** Platform: at most one filter. */
  filterIds: string[]
  status: CampaignStatus
  /** Monotonic time from which a campaign that is `stopping` counts as `off`. */
  offAtMs: number
  /**
   * All other members of the platform's entity, from the last PUT. A member that is missing in the
   * PUT is lost.
   */
  members: Record<string, unknown>
  /** Guide: the rules. */
  rules: GuideRule[]
  dialingMode: string
  useOnlyOnce: boolean
  /** Monotonic time until which the index rebuilds. */
  indexedAtMs: number
  /** How many writes were applied. */
  writes: number
}

export type Campaigns = {
  add(campaign: SandboxCampaign): StoredCampaign
  /** Throws a 404 refusal. */
  get(id: string): StoredCampaign
  all(): StoredCampaign[]
  reset(): void
}

/** The `members` of a new campaign. A PUT must repeat them, or they are lost. */
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

/**
 * Begins without campaigns. A campaign that is `stopping` becomes `off` when it is read after its
 * `offAtMs`, which raises its version.
 */
export const createCampaigns = ({ clock }: { clock: Clock }): Campaigns => {
  const campaigns = new Map<string, StoredCampaign>()
  /** Turns a campaign that is `stopping` off if its time has come. */
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
