import type { GrantKind } from './access.ts'
import type { Quotas, TenantUse } from './quotas.ts'

/** The tenant of a gateway that serves one company. Every start grants it everything. */
export const DEFAULT_TENANT = 'default'

/** What a tenant may use: the field that callers write, and its kind of grant. */
export const GRANT_FIELDS = {
  contactLists: 'contact_list',
  dncLists: 'dnc_list',
  campaigns: 'campaign',
  externalContacts: 'external_contact',
  conversations: 'conversation',
} as const satisfies Record<string, GrantKind>
export type GrantField = keyof typeof GRANT_FIELDS

/** Ids of Genesys' objects, or all of them. */
export type Grants = Record<GrantField, '*' | string[]>

/**
 * The most ids of a kind that a tenant can be granted by name. If a tenant needs more, grant it
 * all.
 */
export const MOST_GRANTS = 1_000

export type Tenant = {
  id: string
  /** Unique. */
  name: string
  grants: Grants
  /** The names of the registries against which its contacts are checked. */
  registries: string[]
  quotas: Quotas
  use: TenantUse
  version: number
  createdAt: string
  updatedAt: string
}
