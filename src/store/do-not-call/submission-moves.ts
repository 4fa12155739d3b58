import { sql, type RawBuilder } from 'kysely'

import type { AuditEntry } from '../../domain/audit/audit.ts'
import type { DncHoldReason, DncSubmission } from '../../domain/do-not-call/dnc-submission.ts'
import type { DncSubmissionStore } from '../../workflows/ports/do-not-call/submissions.ts'
import { appendAudit } from '../audit/audit-store.ts'
import { inTransaction, type Database, type Tx } from '../homes/database.ts'
import { wakeLane } from './accept-submission.ts'
import { SUBMISSION_COLUMNS, toSubmission, type SubmissionRow } from './submission-row.ts'

/**
 * Holds the submission. Returns null if it is already held for this reason, so that nobody is
 * notified twice.
 */
export const holdSubmission = async (
  tx: Tx,
  number: string,
  reason: DncHoldReason,
): Promise<DncSubmission | null> => {
  const { rows } =
    await sql<SubmissionRow>`update dnc_submission set state = 'held', hold_reason = ${reason},
      held_since = clock_timestamp(), told_hold = ${reason}, version = version + 1, updated_at = clock_timestamp()
    where number = ${number}::bigint and hold_reason is distinct from ${reason}
    returning ${SUBMISSION_COLUMNS}`.execute(tx)
  return rows[0] === undefined ? null : toSubmission(rows[0])
}

type Move = {
  submission: Pick<DncSubmission, 'id' | 'dncListId'>
  audit: AuditEntry
  /** A condition on the submission's row. */
  condition: RawBuilder<unknown>
  changes: RawBuilder<unknown>
  before?: (tx: Tx) => Promise<void>
  also?: (tx: Tx, submission: DncSubmission) => Promise<void>
}

/**
 * Wakes the lane of a submission. If `condition` is true, also changes the submission and writes
 * the audit entry. Otherwise returns null. Locks the lane's row before the submission's row, as the
 * lane's worker does.
 */
const move = (
  database: Database,
  { submission: { id, dncListId }, audit, condition, changes, before, also }: Move,
): Promise<DncSubmission | null> =>
  inTransaction(database, async (tx) => {
    await before?.(tx)
    await wakeLane(tx, dncListId)
    const { rows } =
      await sql<SubmissionRow>`update dnc_submission set ${changes}, state = 'applying',
        hold_reason = null, held_since = null, retry_at = null, told_hold = null, applied_at = null, problem = null,
        version = version + 1, updated_at = clock_timestamp()
      where id = ${id} and ${condition} returning ${SUBMISSION_COLUMNS}`.execute(tx)
    if (rows[0] === undefined) return null
    const submission = toSubmission(rows[0])
    await also?.(tx, submission)
    await appendAudit(tx, [audit])
    return submission
  })

/**
 * The SQL store for what callers do with accepted submissions. Both methods return the submission
 * to the state `applying`, and wake the lane of its DNC list.
 */
export const createSubmissionMoves = (
  database: Database,
): Pick<DncSubmissionStore, 'release' | 'resume'> => ({
  release: (submission, audit) =>
    move(database, {
      submission,
      audit,
      condition: sql`quarantined > 0 and state <> 'receiving'`,
      changes: sql`accepted = accepted + quarantined, quarantined = 0`,
      also: async (tx, { number }) => {
        await sql`update dnc_entry set quarantined = false
            where submission = ${number}::bigint and quarantined`.execute(tx)
      },
    }),
  resume: (submission, audit) =>
    move(database, {
      submission,
      audit,
      condition: sql`state = 'held' and hold_reason = 'dnc_list_refused'`,
      changes: sql`owner = owner`,
      // If the export of a pull was not read yet, the pull begins again immediately. The row of the
      // pull is locked before the row of the lane, as at the end of a pull. The other order could
      // deadlock.
      before: async (tx) => {
        await sql`update dnc_pull set due_at = clock_timestamp()
            where submission = (select number from dnc_submission where id = ${submission.id}) and owner is null`.execute(
          tx,
        )
      },
    }),
})
