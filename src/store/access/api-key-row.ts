import type { ApiKey, Scope } from '../../domain/access/access.ts'

/** The data by which a call is judged, as the table has it. */
export type ApiKeyRow = {
  id: string
  tenant_id: string
  scopes: Scope[]
  expires_at: Date | null
  revoked_at: Date | null
}

export const toApiKey = (row: ApiKeyRow): ApiKey => ({
  id: row.id,
  tenantId: row.tenant_id,
  scopes: row.scopes,
  expiresAt: row.expires_at,
  revokedAt: row.revoked_at,
})
