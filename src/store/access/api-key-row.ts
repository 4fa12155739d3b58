import type { ApiKey, Scope } from '../../domain/access/access.ts'

/** The columns of a key that are needed to decide whether a call is allowed. */
export type ApiKeyRow = {
  id: string
  tenant_id: string
  scopes: Scope[]
  expires_at: Date | null
  revoked_at: Date | null
}

/**
 * Makes a key from a row. Does not check whether the key has expired or was revoked: the caller
 * must check this.
 */
export const toApiKey = (row: ApiKeyRow): ApiKey => ({
  id: row.id,
  tenantId: row.tenant_id,
  scopes: row.scopes,
  expiresAt: row.expires_at,
  revokedAt: row.revoked_at,
})
