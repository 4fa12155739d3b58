import { sql } from 'kysely'

import type { IdempotencyStore } from '../../workflows/ports/uploads/uploads.ts'
import { CERTAIN_NOW } from '../clock/steady-time.ts'
import type { Database } from '../homes/database.ts'
import type { Seals } from '../homes/seals.ts'
import { type AnswerColumns, openAnswer } from './stored-answer.ts'

/** How many days an answer is replayed [design: 6]. */
export const KEPT_DAYS = 7

type ClaimRow = AnswerColumns & {
  state: 'claimed' | 'done'
  fingerprint: string
  status: number
  location: string | null
}

/**
 * The SQL store of claims. `freeUnfinished` deletes every claim without an answer. Call it only on
 * the embedded home, whose process lock proves that no other process works on a claim.
 */
export const createIdempotencyStore = (deps: {
  database: Database
  seals: Seals
}): IdempotencyStore & { freeUnfinished(): Promise<void> } => {
  const { db } = deps.database
  const { keyDigest } = deps.seals
  return {
    claim: async (input) => {
      const { tenantId, method, path, owner } = input
      const digest = keyDigest(input.key)
      const taken =
        await sql`insert into idempotency_key as k (tenant_id, method, path, key_digest, state, owner)
        values (${tenantId}, ${method}, ${path}, ${digest}, 'claimed', ${owner})
        on conflict (tenant_id, method, path, key_digest) do update set state = 'claimed', owner = excluded.owner,
          heartbeat_at = clock_timestamp(), created_at = clock_timestamp(), done_at = null, fingerprint = null,
          status = null, sealed_body = null, same_file_as = null, location = null
        where (k.state = 'claimed'
            and k.heartbeat_at <= clock_timestamp() - make_interval(secs => ${input.deadAfterMs / 1000}::float8))
          or (k.state = 'done' and k.done_at < ${CERTAIN_NOW} - make_interval(days => ${KEPT_DAYS}::int))
        returning owner`.execute(db)
      if (taken.rows.length === 1) return { kind: 'claimed' }
      const { rows } =
        await sql<ClaimRow>`select state, fingerprint, status, sealed_body, same_file_as, location from idempotency_key
        where tenant_id = ${tenantId} and method = ${method} and path = ${path} and key_digest = ${digest}`.execute(
          db,
        )
      const row = rows[0]
      // If the claim was released between the two statements, the caller also gets "in progress",
      // and tries again.
      if (row?.state !== 'done') return { kind: 'in_progress' }
      const { fingerprint, status, location } = row
      const body = openAnswer(deps.seals, input, row)
      return { kind: 'done', fingerprint, status, body, location }
    },
    keepAlive: async (scope) => {
      await sql`update idempotency_key set heartbeat_at = clock_timestamp()
        where tenant_id = ${scope.tenantId} and method = ${scope.method} and path = ${scope.path}
          and key_digest = ${keyDigest(scope.key)} and owner = ${scope.owner} and state = 'claimed'`.execute(
        db,
      )
    },
    release: async (scope) => {
      await sql`delete from idempotency_key
        where tenant_id = ${scope.tenantId} and method = ${scope.method} and path = ${scope.path}
          and key_digest = ${keyDigest(scope.key)} and owner = ${scope.owner} and state = 'claimed'`.execute(
        db,
      )
    },
    freeUnfinished: async () => {
      await sql`delete from idempotency_key where state = 'claimed'`.execute(db)
    },
  }
}
