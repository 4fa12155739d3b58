import { sql } from 'kysely'

import { SESSION_HOURS, SESSION_IDLE_MINUTES } from '../../domain/access/session.ts'
import type { SessionStore, SignedIn } from '../../workflows/ports/access/sessions.ts'
import { appendAudit } from '../audit/audit-store.ts'
import { inTransaction, type Database, type Db } from '../homes/database.ts'
import { type ApiKeyRow, toApiKey } from './api-key-row.ts'

type SessionRow = ApiKeyRow & { session_id: string; stale: boolean }

const LIVE_KEY = sql`k.revoked_at is null and coalesce(k.expires_at > clock_timestamp(), true)`
const KEY_COLUMNS = sql`k.id, k.tenant_id, k.scopes, k.expires_at, k.revoked_at`

const findSession = async (db: Db, digest: Buffer): Promise<SessionRow | null> => {
  const { rows } = await sql<SessionRow>`select ${KEY_COLUMNS}, s.id as session_id,
      s.used_at < clock_timestamp() - interval '1 minute' as stale
    from console_session s join api_key k on k.id = s.api_key
    where s.digest = ${digest} and ${LIVE_KEY}
      and s.used_at > clock_timestamp() - make_interval(mins => ${SESSION_IDLE_MINUTES})
      and s.created_at > clock_timestamp() - make_interval(hours => ${SESSION_HOURS})`.execute(db)
  return rows[0] ?? null
}

const signedInOf = (row: SessionRow): SignedIn => ({
  sessionId: row.session_id,
  key: toApiKey(row),
})

/** The SQL store of the console's sessions. */
export const createSessionStore = ({ database }: { database: Database }): SessionStore => ({
  begin: ({ sessionId, digest, keyDigest, audit }) =>
    inTransaction(database, async (tx) => {
      const { rows } = await sql<ApiKeyRow>`select ${KEY_COLUMNS} from api_key k
        where k.digest = ${keyDigest} and ${LIVE_KEY} for share`.execute(tx)
      if (!rows[0]) return null
      const key = toApiKey(rows[0])
      await sql`delete from console_session
        where created_at < clock_timestamp() - make_interval(hours => ${SESSION_HOURS})`.execute(tx)
      await sql`insert into console_session (digest, id, api_key)
        values (${digest}, ${sessionId}, ${key.id})`.execute(tx)
      await appendAudit(tx, [audit(key)])
      return key
    }),
  find: async (digest, by) => {
    const row = await findSession(database.db, digest)
    if (row === null) return null
    if (row.stale && by === 'person') {
      // No caller waits for this statement. If it fails, the only effect is that the session may
      // end a little early.
      sql`update console_session set used_at = clock_timestamp()
        where digest = ${digest} and used_at < clock_timestamp() - interval '1 minute'`
        .execute(database.db)
        .catch(() => undefined)
    }
    return signedInOf(row)
  },
  end: (digest, audit) =>
    inTransaction(database, async (tx) => {
      const row = await findSession(tx, digest)
      await sql`delete from console_session where digest = ${digest}`.execute(tx)
      if (row !== null) await appendAudit(tx, [audit(signedInOf(row))])
    }),
})
