import type { ApiKey, Scope } from '../../domain/access/access.ts'
import { SESSION_TOKEN_BYTES } from '../../domain/access/session.ts'
import type { PlainAction } from '../../domain/audit/audit-details.ts'
import { createAuditEntry } from '../../domain/audit/audit.ts'
import { sha256 } from '../../lib/digest.ts'
import type { Ids } from '../../lib/ids.ts'
import type { SessionStore } from '../ports/access/sessions.ts'

/**
 * A person who is signed in: the session, the key whose rights the session has, and the tenant of
 * this key.
 */
export type Visitor = {
  sessionId: string
  keyId: string
  tenantId: string
  scopes: readonly Scope[]
}

/**
 * Console sessions. A person begins a session with a key. Only the cookie contains the token of a
 * session. The store has only the digest of the token, so nobody can use a copy of the database to
 * open a session.
 */
export type ConsoleSessions = {
  /** null: the key is unknown or has ended. */
  begin(keyDigest: Buffer, requestId: string): Promise<{ token: string } | null>
  /** null: nobody is signed in with this token. `by`: see `SessionStore.find`. */
  find(token: string, by: 'person' | 'page'): Promise<Visitor | null>
  end(token: string, requestId: string): Promise<void>
}

export type ConsoleSessionsDeps = {
  sessions: SessionStore
  ids: Ids
  random: (size: number) => Uint8Array
}

/**
 * Each sign-in and sign-out writes an audit entry of the key's tenant, in the same transaction.
 * `random` must be a cryptographic source, because the token alone proves a session.
 */
export const createConsoleSessions = (deps: ConsoleSessionsDeps): ConsoleSessions => {
  const { sessions, ids, random } = deps
  const entryOf = (action: PlainAction, key: ApiKey, object: string, requestId: string) =>
    createAuditEntry(ids, { tenantId: key.tenantId, actor: key.id, requestId }, { action, object })
  return {
    begin: async (keyDigest, requestId) => {
      const token = Buffer.from(random(SESSION_TOKEN_BYTES)).toString('base64url')
      const sessionId = ids.newId('ses')
      const key = await sessions.begin({
        ...{ sessionId, digest: sha256(token), keyDigest },
        audit: (found) => entryOf('console.signed_in', found, sessionId, requestId),
      })
      return key === null ? null : { token }
    },
    find: async (token, by) => {
      const found = await sessions.find(sha256(token), by)
      if (found === null) return null
      const { sessionId, key } = found
      return { sessionId, keyId: key.id, tenantId: key.tenantId, scopes: key.scopes }
    },
    end: (token, requestId) =>
      sessions.end(sha256(token), ({ key, sessionId }) =>
        entryOf('console.signed_out', key, sessionId, requestId),
      ),
  }
}
