import type { GrantKind } from './access.ts'
import type { Quotas, TenantUse } from './quotas.ts'

/**
 * The only tenant of a gateway that serves one company. At every start, it is granted everything.
 */
export const DEFAULT_TENANT = 'default'

/** The kinds of grants: the name of the field in the API, and the kind in the database. */
export const GRANT_FIELDS = {
  contactLists: 'contact_list',
  dncLists: 'dnc_list',
  campaigns: 'campaign',
  externalContacts: 'external_contact',
  conversations: 'conversation',
} as const satisfies Record<string, GrantKind>
export type GrantField = keyof typeof GRANT_FIELDS

/** Ids of objects in Genesys, or `*` for all of them. */
export type Grants = Record<GrantField, '*' | string[]>

/**
 * The most ids of one kind that a tenant can be granted by name. If a tenant needs more, grant `*`.
 */
export const MOST_GRANTS = 1_000

export type Tenant = {
  id: string
  /** Unique among tenants. */
  name: string
  grants: Grants
  /** The names of the registries against which the tenant's contacts are checked. */
  registries: string[]
  quotas: Quotas
  use: TenantUse
  version: number
  createdAt: string
  updatedAt: string
}
