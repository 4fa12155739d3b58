import { type RawBuilder, sql } from 'kysely'

import { type CallRight, RightLost } from '../../workflows/ports/access/access.ts'
import type { StoredAnswer } from '../../workflows/ports/uploads/small-uploads.ts'
import { CERTAIN_NOW } from '../clock/steady-time.ts'
import type { Tx } from '../homes/database.ts'
import type { KeyScope, Seals } from '../homes/seals.ts'

/**
 * The stored answer of a key. `same_file_as`: the id between the two parts, if the body was sealed
 * in two parts. null: the body was sealed as a whole.
 */
export type AnswerColumns = { sealed_body: Buffer; same_file_as: string | null }

/**
 * Seals a body in two parts. Only the database knows the id that belongs between the parts, and
 * stores it.
 */
export const sealSplitAnswer = (
  seals: Seals,
  scope: KeyScope,
  parts: readonly [string, string],
): Buffer => seals.sealAnswer(scope, JSON.stringify(parts))

/** Opens the body, exactly as it was answered. */
export const openAnswer = (seals: Seals, scope: KeyScope, row: AnswerColumns): string => {
  const opened = seals.openAnswer(scope, row.sealed_body)
  if (row.same_file_as === null) return opened
  const [before, after] = JSON.parse(opened) as [string, string]
  return `${before}${row.same_file_as}${after}`
}

type Right = { tenantId: string; right?: CallRight }

const isLive = ({ right }: Right): RawBuilder<unknown> =>
  right === undefined
    ? sql`true`
    : sql`not exists (select from api_key where id = ${right.keyId}
        and (revoked_at is not null or expires_at <= ${CERTAIN_NOW}))`

const isGranted = ({ tenantId, right }: Right): RawBuilder<unknown> =>
  right === undefined
    ? sql`true`
    : sql`exists (select from tenant_grant where tenant_id = ${tenantId} and kind = ${right.kind}
        and object_id in (${right.objectId}, '*'))`

const assertRight = async (tx: Tx, scope: Right): Promise<void> => {
  const { rows } = await sql<{ live: boolean; granted: boolean }>`
    select ${isLive(scope)} as live, ${isGranted(scope)} as granted`.execute(tx)
  if (!rows[0]!.live) throw new RightLost('key')
  if (!rows[0]!.granted) throw new RightLost('grant')
}

/**
 * Stores the answer of a call under its key. false: the claim no longer exists or belongs to
 * another call, so undo the transaction. Throws `RightLost` if the call has a right and lost it.
 */
export const answerClaim = async (
  tx: Tx,
  seals: Seals,
  scope: KeyScope & { owner: string; right?: CallRight },
  answer: StoredAnswer,
): Promise<boolean> => {
  const { rows } = await sql`update idempotency_key set state = 'done', done_at = clock_timestamp(),
      fingerprint = ${answer.fingerprint}, status = ${answer.status}, sealed_body = ${seals.sealAnswer(scope, answer.body)}, location = ${answer.location}
    where tenant_id = ${scope.tenantId} and method = ${scope.method} and path = ${scope.path} and key_digest = ${seals.keyDigest(scope.key)}
      and owner = ${scope.owner} and state = 'claimed' and ${isLive(scope)} and ${isGranted(scope)} returning owner`.execute(
    tx,
  )
  if (rows.length === 0) await assertRight(tx, scope)
  return rows.length > 0
}
