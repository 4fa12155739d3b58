import type { Quotas } from '../../../domain/access/quotas.ts'
import type { Grants, Tenant } from '../../../domain/access/tenant.ts'
import type { AuditEntry } from '../../../domain/audit/audit.ts'
import type { Page } from '../uploads/uploads.ts'

/**
 * Members that are left out do not change. If a kind of grants is given, it replaces all earlier
 * grants of this kind. If `registries` is given, it replaces all earlier registries of the tenant.
 * If a quota is given, it replaces the earlier one.
 */
export type TenantChange = {
  name?: string
  grants?: Partial<Grants>
  registries?: string[]
  quotas?: Partial<Quotas>
}

/** The tenants and what they are granted. Every change is written together with its audit entry. */
export type TenantStore = {
  /**
   * Stores the answer under the call's Idempotency-Key and makes the tenant, in one transaction.
   * `claim_lost`: another call has taken over the key. Nothing is written.
   */
  create(input: {
    id: string
    name: string
    grants: Grants
    /** Names of registries that the tenant uses. */
    registries: string[]
    quotas: Quotas
    claim: { tenantId: string; method: string; path: string; key: string; owner: string }
    fingerprint: string
    answerOf: (tenant: Tenant) => { status: number; body: string; location: string }
    audit: AuditEntry
  }): Promise<
    | { kind: 'created'; answer: { status: number; body: string; location: string } }
    | { kind: 'name_taken'; tenantId: string }
    | { kind: 'registry_unknown'; name: string }
    | { kind: 'claim_lost' }
  >
  find(tenantId: string): Promise<Tenant | null>
  /** Newest first. null: the cursor cannot be read. */
  list(page: { limit: number; cursor: string | null; name?: string }): Promise<Page<Tenant> | null>
  /** `stale`: the tenant no longer has this version. null: the tenant does not exist. */
  change(input: {
    tenantId: string
    version: number
    change: TenantChange
    audit: AuditEntry
  }): Promise<
    | { kind: 'changed'; tenant: Tenant }
    | { kind: 'name_taken'; tenantId: string }
    | { kind: 'registry_unknown'; name: string }
    | { kind: 'stale' }
    | null
  >
}
