import type { ApiKey } from '../../../domain/access/access.ts'
import type { AuditEntry } from '../../../domain/audit/audit.ts'

/** A session that has not ended, and the key with which the person began it. */
export type SignedIn = {
  sessionId: string
  /**
   * The key as it is now. If the key has lost a scope since the sign-in, the session has lost it
   * too.
   */
  key: ApiKey
}

/**
 * The sessions of the console. A session is identified by the SHA-256 of its token. Times are by
 * the database's clock.
 */
export type SessionStore = {
  /**
   * Begins a session for the live key with the digest `keyDigest`, and deletes the sessions that
   * have reached their maximum age. null: there is no such key, or it has expired or is revoked. In
   * that case, nothing is written.
   */
  begin(input: {
    sessionId: string
    digest: Buffer
    keyDigest: Buffer
    audit: (key: ApiKey) => AuditEntry
  }): Promise<ApiKey | null>
  /**
   * Finds the session of a request and records the use, at most once a minute. null: the session is
   * unknown, was idle too long or is too old, or its key has ended. `by` is `page` if the page
   * refreshed itself. Such a request is not recorded as use, because the person may have left.
   */
  find(digest: Buffer, by: 'person' | 'page'): Promise<SignedIn | null>
  /** Ends the session. If it has ended already, nothing is written. */
  end(digest: Buffer, audit: (signedIn: SignedIn) => AuditEntry): Promise<void>
}
