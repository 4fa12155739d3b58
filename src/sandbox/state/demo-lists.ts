import type { SandboxCampaign } from './campaigns/campaigns.ts'
import type { SandboxDncList } from './do-not-call/dnc-lists.ts'
import type { SandboxList } from './list-store.ts'

const columns: SandboxList['columns'] = [
  { name: 'customerId', kind: 'text', required: true },
  { name: 'firstName', kind: 'text', required: false },
  { name: 'lastName', kind: 'text', required: false },
  { name: 'phoneNumber', kind: 'phone', required: false },
  { name: 'email', kind: 'email', required: false },
  { name: 'city', kind: 'text', required: false },
]

/**
 * The lists at the start of a sandbox: one to try, five more like it, one that is always
 * PROCESSING, and one that is always in ERROR.
 */
export const DEMO_LISTS: readonly SandboxList[] = [
  { id: 'demo-contacts', name: 'Demo contacts', columns },
  ...[1, 2, 3, 4, 5].map((n) => ({ id: `demo-list-${n}`, name: `Demo list ${n}`, columns })),
  { id: 'demo-busy', name: 'Demo busy list', columns, status: 'PROCESSING' },
  { id: 'demo-error', name: 'Demo list in error', columns, status: 'ERROR' },
]

/** The campaign at the start. It is off. */
export const DEMO_CAMPAIGNS: readonly SandboxCampaign[] = [
  { id: 'demo-campaign', name: 'Demo campaign', contactListId: 'demo-contacts' },
]

/** The DNC lists at the start: the one that the demo campaign uses, and one to try. */
export const DEMO_DNC_LISTS: readonly SandboxDncList[] = [
  { id: 'sandbox-dnc-list', name: 'Sandbox DNC list' },
  { id: 'demo-dnc', name: 'Demo DNC list' },
]
