import type { ApiKey, GrantKind, Scope } from '../../../domain/access/access.ts'

export type AccessStore = {
  /**
   * Finds by the SHA-256 of the presented key. null when unknown. Expired and revoked keys are
   * returned with their stamps.
   */
  findKey(digest: Buffer): Promise<ApiKey | null>
  /**
   * Notes that the key was used, to the minute and without delaying the call: a crash may lose it.
   * Never throws.
   */
  noteUse(keyId: string): void
  /**
   * Tenant `default` with grant `*` on every kind, and its admin key, exist after this; an older
   * admin key from the environment ends.
   */
  ensureAdmin(input: { digest: Buffer; scopes: readonly Scope[] }): Promise<void>
  isGranted(tenantId: string, kind: GrantKind, objectId: string): Promise<boolean>
}
