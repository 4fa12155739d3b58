/** What a key may do. A key has one or more scopes. */
export const SCOPES = [
  'uploads',
  'uploads:overwrite',
  'lists',
  'dnc',
  'dnc:override',
  'segments',
  'files',
  'webhooks',
  'audit',
  'erasure',
  'cells:reveal',
  'admin',
] as const
export type Scope = (typeof SCOPES)[number]

/** Scopes that `admin` does not include. A key has such a scope only if its scopes name it. */
const BY_NAME_ALONE: readonly Scope[] = ['dnc:override', 'erasure', 'cells:reveal']

/**
 * Whether the scopes include `needed`. `admin` includes every scope except those of
 * `BY_NAME_ALONE`.
 */
export const hasScope = (scopes: readonly Scope[], needed: Scope): boolean =>
  scopes.includes(needed) || (scopes.includes('admin') && !BY_NAME_ALONE.includes(needed))

export const GRANT_KINDS = [
  'contact_list',
  'dnc_list',
  'campaign',
  'external_contact',
  'conversation',
] as const
export type GrantKind = (typeof GRANT_KINDS)[number]

export type ApiKey = {
  id: string
  tenantId: string
  scopes: Scope[]
  expiresAt: Date | null
  revokedAt: Date | null
}

/** The caller of a request. Audit entries name the caller. */
export type Caller = {
  tenantId: string
  keyId: string
  scopes: readonly Scope[]
  requestId: string
}
