import type { Scope } from '../../../domain/access/access.ts'
import type { IssuedKey } from '../../../domain/access/issued-key.ts'
import type { AuditEntry } from '../../../domain/audit/audit.ts'
import type { Page } from '../uploads/uploads.ts'

/** What is stored of a new key, but never the key itself. */
export type NewKey = { id: string; digest: Buffer; prefix: string }

/**
 * The keys of all tenants. Every change is written together with its audit entry. Times are by the
 * database's clock.
 */
export type KeyStore = {
  /** `past`: `expiresAt` is not in the future. */
  create(input: {
    key: NewKey
    tenantId: string
    name: string
    scopes: readonly Scope[]
    expiresAt: Date | null
    audit: AuditEntry
  }): Promise<{ kind: 'created'; key: IssuedKey } | { kind: 'tenant_unknown' } | { kind: 'past' }>
  find(keyId: string): Promise<IssuedKey | null>
  /** Newest first. null: the cursor cannot be read. */
  list(page: {
    limit: number
    cursor: string | null
    tenantId?: string
  }): Promise<Page<IssuedKey> | null>
  /**
   * Makes a new key with the tenant, name, scopes and lifetime of the old key. The old key ends
   * after `overlapHours`, or at its expiry if that is earlier. `fixed`: the key comes from the
   * environment. `ended`: the key has expired, or was revoked or rotated. null: there is no such
   * key.
   */
  rotate(input: {
    keyId: string
    key: NewKey
    overlapHours: number
    audit: (tenantId: string) => AuditEntry
  }): Promise<
    | { kind: 'rotated'; key: IssuedKey }
    | { kind: 'fixed' }
    | { kind: 'ended'; replacedBy: string | null }
    | null
  >
  /**
   * Ends the key immediately. Revoking a revoked key changes nothing. null: there is no such key.
   */
  revoke(input: {
    keyId: string
    audit: (tenantId: string) => AuditEntry
  }): Promise<{ kind: 'revoked' } | { kind: 'fixed' } | null>
}
