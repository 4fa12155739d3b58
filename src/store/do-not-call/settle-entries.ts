import { sql, type RawBuilder } from 'kysely'

import {
  DNC_OUTCOMES,
  type DncHoldReason,
  type DncKind,
  type DncSubmission,
} from '../../domain/do-not-call/dnc-submission.ts'
import type { Emit } from '../../telemetry/events.ts'
import type { Outbox } from '../endpoints/outbox.ts'
import { afterCommit, type Tx } from '../homes/database.ts'
import { EARLIER_OF_MINE } from './removals/close-entries.ts'
import { NOT_OVER } from './standing-entries.ts'
import { SUBMISSION_COLUMNS, toSubmission, type SubmissionRow } from './submission-row.ts'

/** A submission whose entries are being sent or settled. */
export type Sending = {
  number: string
  id: string
  tenant_id: string
  request_id: string
  kind: DncKind
  hold_reason: DncHoldReason | null
}

type DncSettled = Record<
  'created' | 'existing' | 'updated' | 'removed' | 'notFound' | 'failed',
  number
>

type Settling = {
  seq: number
  places: readonly number[]
  /** The entries that Genesys did not store, by place, with Genesys' code. */
  failed: ReadonlyMap<number, string | null>
}

const { created, existing, updated, removed, not_found: notFound } = DNC_OUTCOMES
const failedOutcome = DNC_OUTCOMES.failed

/**
 * The part of the statement that decides the outcome of added entries. The outcome depends on the
 * earlier entries that the gateway had for the same subject and scope. These include entries that
 * the submission itself has ended by `override`.
 */
const judgedAdds = (number: string): RawBuilder<unknown> =>
  sql`before as (select mine.subject, mine.scope, max(e.reason) as reason, bool_or(e.expires_at is null) as forever,
        max(e.expires_at) as expires_at
      from mine join dnc_entry e on e.subject = mine.subject and e.scope = mine.scope
        and e.submission < ${number}::bigint and (e.closed_by is null or e.closed_by = ${number}::bigint)
        and (e.expires_at is null or e.expires_at > clock_timestamp())
      join dnc_submission s on s.number = e.submission and s.epoch is not null and s.kind in ('add', 'pull')
      join r on s.tenant_id = r.tenant_id and s.dnc_list_id = r.dnc_list_id
      group by mine.subject, mine.scope),
    judged as (select mine.subject, mine.scope, refused.code,
        case when refused.place is not null then ${failedOutcome}::int
          when before.subject is null then ${created}::int
          when r.overrides and (before.reason <> mine.reason
              or case when before.forever then null else before.expires_at end is distinct from mine.expires_at)
            then ${updated}::int
          when before.reason >= mine.reason and (before.forever or before.expires_at >= mine.expires_at) then ${existing}::int
          else ${updated}::int end as outcome
      from mine cross join r left join before using (subject, scope) left join refused using (place))`

/**
 * The part of the statement that decides the outcome of removals: whether an entry was ended. A
 * REGULATORY entry that was accepted while the removal arrived stays in force, and the removal of
 * that person fails.
 */
const judgedRemovals = (number: string): RawBuilder<unknown> =>
  sql`judged as (select mine.subject, mine.scope,
        case when refused.place is null and spared.subject is not null then 'override-needed' else refused.code end as code,
        case when refused.place is not null or spared.subject is not null then ${failedOutcome}::int
          when ended.subject is not null then ${removed}::int else ${notFound}::int end as outcome
      from mine left join refused using (place)
        left join (select distinct e.subject, e.scope from ${EARLIER_OF_MINE} where ${NOT_OVER}) as spared using (subject, scope)
        left join (select distinct e.subject, e.scope from mine join dnc_entry e on e.subject = mine.subject and e.scope = mine.scope
          where e.closed_by = ${number}::bigint) as ended using (subject, scope))`

/**
 * Stores the outcomes of the entries at these places, and counts them in the submission, in one
 * statement. `failed` comes from Genesys. The other outcomes of an added entry depend on the
 * entries that were in force before for the same subject and scope:
 * - `created`: there were none
 * - `existing`: they had at least this reason and this expiry
 * - `updated`: in all other cases, and whenever `override` changes the reason or the expiry
 *
 * The outcome of a removal shows whether it ended an entry, or failed because of a REGULATORY
 * entry. Once the transaction has committed, `dnc.settled` reports the counts.
 */
export const outcomesOf = async (
  { emit }: { emit: Emit },
  tx: Tx,
  sending: Sending,
  about: Settling,
): Promise<void> => {
  const { number, kind, id: submissionId } = sending
  const failed = [...about.failed.keys()]
  const codes = failed.map((place) => about.failed.get(place) ?? null)
  const { rows } =
    await sql<DncSettled>`with refused as (select place, code from unnest(${failed}::int[], ${codes}::text[]) as f (place, code)),
    r as (select tenant_id, dnc_list_id, epoch, overrides from dnc_submission where number = ${number}::bigint),
    mine as (select subject, scope, place, reason, expires_at from dnc_entry
      where submission = ${number}::bigint and chunk_seq = ${about.seq} and place = any(${[...about.places]}::int[])
        and outcome is null),
    ${kind === 'remove' ? judgedRemovals(number) : judgedAdds(number)},
    settled as (update dnc_entry e set outcome = judged.outcome, failed_code = judged.code from judged
      where e.submission = ${number}::bigint and e.subject = judged.subject and e.scope = judged.scope
      returning e.outcome),
    counted as (select (count(*) filter (where outcome = ${created}::int))::int as created,
      (count(*) filter (where outcome = ${existing}::int))::int as existing,
      (count(*) filter (where outcome = ${updated}::int))::int as updated,
      (count(*) filter (where outcome = ${removed}::int))::int as removed,
      (count(*) filter (where outcome = ${notFound}::int))::int as "notFound",
      (count(*) filter (where outcome = ${failedOutcome}::int))::int as failed from settled)
    update dnc_submission s set created = s.created + counted.created, existing = s.existing + counted.existing,
      updated = s.updated + counted.updated, removed = s.removed + counted.removed,
      not_found = s.not_found + counted."notFound", failed = s.failed + counted.failed,
      version = version + 1, updated_at = clock_timestamp()
    from counted where s.number = ${number}::bigint returning counted.*`.execute(tx)
  const [settled] = rows
  if (settled !== undefined)
    afterCommit(tx, () => emit('dnc.settled', { submissionId, kind, ...settled }))
}

/** Ends the submission and returns it. null: it still has entries to send, or has already ended. */
const ended = async (tx: Tx, number: string): Promise<DncSubmission | null> => {
  const { rows } = await sql<SubmissionRow>`update dnc_submission set
      state = case when rejected + quarantined + failed > 0 then 'applied_with_errors' else 'applied' end,
      hold_reason = null, held_since = null, told_hold = null, retry_at = null, version = version + 1,
      applied_at = clock_timestamp(), updated_at = clock_timestamp()
    where number = ${number}::bigint and state in ('applying', 'held')
      and created + existing + updated + removed + not_found + failed = accepted
    returning ${SUBMISSION_COLUMNS}`.execute(tx)
  return rows[0] === undefined ? null : toSubmission(rows[0])
}

/**
 * Ends a submission that has nothing left to send, and notifies endpoints in the same transaction.
 * Throws if its entries do not add up.
 */
export const endIfDone = async (
  tx: Tx,
  outbox: Pick<Outbox, 'tell'>,
  { number, id }: Sending,
): Promise<void> => {
  const submission = await ended(tx, number)
  if (submission === null)
    throw new Error(`Submission ${id} has nothing left to send, but its counts do not add up`)
  await outbox.tell(tx, [{ type: 'dnc.applied', submission }])
}

/**
 * Ends the submission as `endIfDone` does. Returns null if it still has entries to send, or had
 * already ended (for example if the group is a renewal).
 */
export const endWhenDone = async (
  tx: Tx,
  outbox: Pick<Outbox, 'tell'>,
  { number }: Sending,
): Promise<DncSubmission | null> => {
  const submission = await ended(tx, number)
  if (submission !== null) await outbox.tell(tx, [{ type: 'dnc.applied', submission }])
  return submission
}
