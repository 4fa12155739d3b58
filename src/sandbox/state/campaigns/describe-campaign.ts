import type { SandboxState } from '../../server/endpoint.ts'
import type { StoredCampaign } from './campaigns.ts'

const BASE = '/api/v2/outbound'

/** The campaign with the members of both dialects. A client reads the members that it knows. */
export const describeCampaign = (state: SandboxState, campaign: StoredCampaign) => ({
  ...campaign.members,
  id: campaign.id,
  name: campaign.name,
  version: campaign.version,
  contactList: { id: campaign.contactListId },
  contactListFilters: campaign.filterIds.map((id) => ({ id, name: state.filters.get(id).name })),
  campaignStatus: campaign.status,
  dialingMode: campaign.dialingMode,
  rules: campaign.rules,
  useOnlyOnce: campaign.useOnlyOnce,
  indexStatus: state.clock.monotonicMs() < campaign.indexedAtMs ? 'processing' : 'ready',
  selfUri: `${BASE}/campaigns/${campaign.id}`,
})
