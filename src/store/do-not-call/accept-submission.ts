import { sql } from 'kysely'

import { appliedState, type DncSubmission } from '../../domain/do-not-call/dnc-submission.ts'
import type { Ids } from '../../lib/ids.ts'
import type {
  AcceptSubmission,
  DncSubmissionStore,
} from '../../workflows/ports/do-not-call/submissions.ts'
import { StagingLost } from '../../workflows/ports/uploads/uploads.ts'
import { appendAudit } from '../audit/audit-store.ts'
import type { Outbox, Telling } from '../endpoints/outbox.ts'
import { inTransaction, type Database, type Tx } from '../homes/database.ts'
import type { Seals } from '../homes/seals.ts'
import { answerClaim } from '../uploads/stored-answer.ts'
import { closeChunk, CLOSING_COLUMNS, type Closing } from './removals/close-entries.ts'
import { SUBMISSION_COLUMNS, toSubmission, type SubmissionRow } from './submission-row.ts'

/**
 * Must run first in a transaction that adds entries. Every transaction that records an HTTP try
 * locks the row of the tenant's epoch for share. Every try is therefore either recorded before the
 * entries exist, or sees the entries. Also plans the search for contacts that were delivered before
 * the entries of this epoch.
 */
export const raiseEpoch = async (tx: Tx, tenantId: string): Promise<string> => {
  const { rows } = await sql<{
    epoch: string
  }>`with raised as (insert into suppression_epoch as e (tenant_id, epoch)
      values (${tenantId}, 1) on conflict (tenant_id) do update set epoch = e.epoch + 1 returning epoch)
    insert into dnc_look_back (tenant_id, epoch) select ${tenantId}, epoch from raised returning epoch`.execute(
    tx,
  )
  return rows[0]!.epoch
}

/**
 * Throws `StagingLost` if chunks are missing. Locks the submission before it counts them, because a
 * sweep deletes the chunks of a submission whose process seems dead, and does so under the same
 * lock.
 */
const countChunks = async (tx: Tx, { id, chunks }: AcceptSubmission): Promise<void> => {
  await sql`select from dnc_submission where id = ${id} for update`.execute(tx)
  const { rows } = await sql<{ stored: number }>`select count(*)::int as stored
    from dnc_chunk join dnc_submission on number = submission where id = ${id}`.execute(tx)
  if (rows[0]!.stored === chunks) return
  throw new StagingLost(`Submission ${id}: ${rows[0]!.stored} of ${chunks} chunks are stored`)
}

/** Marks that the lane of the DNC list has work. */
export const wakeLane = async (tx: Tx, dncListId: string): Promise<void> => {
  await sql`insert into dnc_list_lane as l (dnc_list_id, ready_at) values (${dncListId}, clock_timestamp())
    on conflict (dnc_list_id) do update set woken = true, ready_at = least(l.ready_at, clock_timestamp())`.execute(
    tx,
  )
}

/**
 * The events of an acceptance. A submission with nothing to send has also ended, so its end is an
 * event too.
 */
const toldOf = (submission: DncSubmission): Telling[] => [
  { type: 'dnc.accepted', submission },
  ...(submission.state === 'applying' ? [] : [{ type: 'dnc.applied' as const, submission }]),
]

/**
 * Ends the earlier entries of the submission's people in the same transaction. Does so only if the
 * submission has one chunk and is a removal or overrides entries. The removal of one person is
 * therefore in force in the gateway when the caller gets the answer.
 */
const closeOne = async (tx: Tx, ids: Ids, { id, chunks }: AcceptSubmission): Promise<void> => {
  if (chunks !== 1) return
  const { rows } = await sql<Closing>`select ${CLOSING_COLUMNS} from dnc_submission
    where id = ${id} and closes_from is not null`.execute(tx)
  if (rows[0] !== undefined) await closeChunk(tx, ids, rows[0])
}

type Deps = { database: Database; seals: Seals; outbox: Pick<Outbox, 'tell'>; ids: Ids }

/**
 * Accepts a submission that is being received. Raises the epoch before it writes anything else
 * (`raiseEpoch`). A second call for the submission throws `StagingLost`.
 */
export const createAcceptSubmission =
  ({ database, seals, outbox, ids }: Deps): DncSubmissionStore['accept'] =>
  (input) =>
    inTransaction(database, async (tx) => {
      const { id, counts, source, columns, rejections, notes } = input
      const epoch = await raiseEpoch(tx, input.tenantId)
      await countChunks(tx, input)
      const state = counts.accepted > 0 ? 'applying' : appliedState({ ...counts, failed: 0 })
      const { rows } = await sql<SubmissionRow>`update dnc_submission set
          epoch = ${epoch}::bigint, state = ${state}, version = 1,
          read = ${counts.read}, accepted = ${counts.accepted}, rejected = ${counts.rejected},
          quarantined = ${counts.quarantined}, duplicates = ${counts.duplicates}, blank = ${counts.blank},
          rejections = ${JSON.stringify(rejections)}::jsonb, source = ${JSON.stringify(source)}::jsonb,
          columns = ${JSON.stringify(columns)}::jsonb, notes = notes || ${JSON.stringify(notes)}::jsonb, accepted_at = clock_timestamp(), updated_at = clock_timestamp(),
          closes_from = case when (overrides or kind = 'remove') and ${counts.accepted + counts.quarantined > 0}::boolean then 0 end,
          applied_at = case when ${state !== 'applying'} then clock_timestamp() end
        where id = ${id} and state = 'receiving' returning ${SUBMISSION_COLUMNS}`.execute(tx)
      if (rows[0] === undefined) throw new StagingLost(`Submission ${id} is not being received`)
      const submission = toSubmission(rows[0])
      await wakeLane(tx, submission.dncListId)
      const answer = input.answerOf(submission)
      if (!(await answerClaim(tx, seals, input.scope, answer))) {
        throw new StagingLost(`Submission ${id}: the call no longer holds its Idempotency-Key`)
      }
      await appendAudit(tx, [input.audit])
      await closeOne(tx, ids, input)
      await outbox.tell(tx, toldOf(submission))
      return { submission, answer }
    })
