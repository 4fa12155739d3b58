import type { ApiKey } from '../../../domain/access/access.ts'
import type { AuditEntry } from '../../../domain/audit/audit.ts'

export type SignedIn = {
  sessionId: string
  /** The key as it is now: the session also loses a scope that the key lost meanwhile. */
  key: ApiKey
}

/**
 * Who is signed in to the console. Sessions are known by the SHA-256 of their token. Times are by
 * the database's clock.
 */
export type SessionStore = {
  /**
   * Begins a session of the live key with this digest, and forgets those that ended long ago. null:
   * there is no such key, or it has expired or is revoked; nothing is written then.
   */
  begin(input: {
    sessionId: string
    digest: Buffer
    keyDigest: Buffer
    audit: (key: ApiKey) => AuditEntry
  }): Promise<ApiKey | null>
  /**
   * null: unknown, idle too long, too old, or its key has ended. Notes the use, at most once a
   * minute.
   */
  find(digest: Buffer): Promise<SignedIn | null>
  /** Ends the session. An unknown one has already ended. */
  end(digest: Buffer, audit: (signedIn: SignedIn) => AuditEntry): Promise<void>
}
