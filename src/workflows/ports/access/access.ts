import type { ApiKey, GrantKind, Scope } from '../../../domain/access/access.ts'

/**
 * What a call needs until it is accepted: its key, and the grant for this object. The body of a
 * call may take hours, so both are checked again by the statement that accepts the call.
 */
export type CallRight = { keyId: string; kind: GrantKind; objectId: string }

/** The claim of a call on its Idempotency-Key, and the fingerprint to store with the answer. */
export type OwnClaim = {
  method: string
  path: string
  key: string
  owner: string
  right?: CallRight
  fingerprint: string
}

/** Thrown if the call lost its right since it began. Nothing is accepted then. */
export class RightLost extends Error {
  override readonly name = 'RightLost'
  readonly lost: 'key' | 'grant'
  constructor(lost: 'key' | 'grant') {
    super(`The call has lost its ${lost}`)
    this.lost = lost
  }
}

/** Finds API keys and the grants of tenants. */
export type AccessStore = {
  /**
   * Finds a key by the SHA-256 of the presented text. null: there is no such key. Expired and
   * revoked keys are returned too, with the times at which they ended.
   */
  findKey(digest: Buffer): Promise<ApiKey | null>
  /**
   * Records the minute in which the key was used. Does not wait for the write, so a crash may lose
   * the record. Never throws.
   */
  noteUse(keyId: string): void
  /**
   * Makes sure that tenant `default` exists with the grant `*` on every kind, and that this admin
   * key works with these scopes. Revokes any other key that came from the environment. Throws if
   * the gateway issued the key itself, and then changes nothing.
   */
  ensureAdmin(input: { digest: Buffer; scopes: readonly Scope[] }): Promise<void>
  isGranted(tenantId: string, kind: GrantKind, objectId: string): Promise<boolean>
}
