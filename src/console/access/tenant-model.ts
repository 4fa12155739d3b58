import type { QuotaName } from '../../domain/access/quotas.ts'
import {
  DEFAULT_TENANT,
  GRANT_FIELDS,
  type GrantField,
  type Tenant,
} from '../../domain/access/tenant.ts'
import { ENGLISH } from '../texts/texts.ts'

const { tenants: words } = ENGLISH

const USE_OF = {
  rowsPerDay: 'rowsToday',
  openUploads: 'openUploads',
  requestsPerMinute: 'requestsThisMinute',
} as const satisfies Record<QuotaName, keyof Tenant['use']>

export const QUOTA_NAMES = Object.keys(USE_OF) as QuotaName[]

/** How much of each quota is used. `limit` null: no limit. */
export const quotaLines = ({ quotas, use }: Pick<Tenant, 'quotas' | 'use'>) =>
  QUOTA_NAMES.map((name) => {
    const [limit, used] = [quotas[name], use[USE_OF[name]]]
    return {
      name,
      label: words.quotas[name],
      used,
      limit,
      full: limit !== null && used >= limit,
    }
  })

export const GRANT_NAMES = Object.keys(GRANT_FIELDS) as GrantField[]

/**
 * The grants as the form shows them (`text`: one id on each line, or `*` for all) and as the page
 * of the tenant shows them (`shown`).
 */
const grantLines = (grants: Tenant['grants'] | null) =>
  GRANT_NAMES.map((name) => {
    const granted = grants?.[name] ?? []
    return {
      name,
      label: words.grants[name],
      text: granted === '*' ? '*' : granted.join('\n'),
      shown: granted === '*' ? words.all : granted.length === 0 ? words.none : granted.join(', '),
    }
  })

const registryChoices = (names: readonly string[], used: readonly string[]) =>
  names.map((name) => ({ name, ticked: used.includes(name) }))

/** The fields of the form of a tenant. null: a new tenant. */
export const tenantForm = (tenant: Tenant | null, registries: readonly string[]) => ({
  name: tenant?.name ?? '',
  version: tenant?.version ?? 0,
  grants: grantLines(tenant?.grants ?? null),
  quotas: QUOTA_NAMES.map((name) => ({
    name,
    label: words.quotas[name],
    value: tenant?.quotas[name] ?? '',
  })),
  registries: registryChoices(registries, tenant?.registries ?? []),
})

/**
 * A tenant for its page, and for its line in the list of tenants. `grants` has a line for each kind
 * of object, even if the tenant has no grant for it.
 */
export const tenantModel = (tenant: Tenant) => ({
  id: tenant.id,
  name: tenant.name,
  createdAt: tenant.createdAt,
  updatedAt: tenant.updatedAt,
  quotas: quotaLines(tenant),
  grants: grantLines(tenant.grants),
  registries: tenant.registries,
  /** Whether this is the default tenant, whose name and grants cannot be changed. */
  fixed: tenant.id === DEFAULT_TENANT,
})
