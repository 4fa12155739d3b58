import { sql, type RawBuilder } from 'kysely'

import { DELIVERED_BEFORE_NOTE } from '../../../domain/do-not-call/retraction.ts'
import type { LookBackStore } from '../../../workflows/ports/do-not-call/retractions.ts'
import { inTransaction, type Database, type Tx } from '../../homes/database.ts'
import { grantedTo, stands } from '../standing-entries.ts'
import { contactsWith } from './contacts-with.ts'
import { noteRetractions } from './note-retractions.ts'

/**
 * How many entries of a chunk one step searches for. Each entry is searched for in three indexes on
 * subjects and in one on arrays of subjects.
 */
const STEP = 2_000

type Going = {
  tenant_id: string
  epoch: string
  submission: string
  chunk_seq: number
  /** The last place for which the search has run. */
  place: number
}

/**
 * The entries of a chunk after a place. `more`: more entries of the submission follow after this
 * part.
 */
type Part = { seq: number; after: number; more: boolean }

const PLACE = sql`(e.submission, e.chunk_seq, e.place)`

/**
 * The entries of a part, each with the number by which registers know its subject. The query states
 * both ends of the part. No plan then reads or sorts the entries after the part, even if the
 * planner does not know yet that the table has grown by a million entries.
 */
const entriesOf = ({ submission }: Going, { seq, after }: Part): RawBuilder<unknown> =>
  sql`select e.*, ('x' || left(replace(e.subject::text, '-', ''), 16))::bit(64)::bigint as number
    from dnc_entry e where e.submission = ${submission}::bigint
      and ${PLACE} > (${submission}::bigint, ${seq}::int, ${after}::int)
      and ${PLACE} <= (${submission}::bigint, ${seq}::int, ${after + STEP}::int)`

/**
 * The contacts that these entries name, in contact lists that are granted to the tenant of the
 * entries. The contacts may have been delivered by any tenant. Leaves out contacts that were
 * delivered before their list was overwritten.
 */
const foundBy = (
  going: Going,
  part: Part,
): RawBuilder<unknown> => sql`select r.list_id as contact_list_id, known.contact_digest, e.subject, e.submission, null::bigint as edition, known.sealed_id,
      r.tenant_id, known.upload_id, known.line, known.delivered_at as held_at
    from (${entriesOf(going, part)}) as e join dnc_submission s on s.number = e.submission
      cross join lateral (${contactsWith(sql`e.number`)}) as known
      join register r on r.id = known.register_id
      left join list_clearing on list_clearing.list_id = r.list_id
    where ${stands(sql`r.list_id`)} and ${grantedTo(sql`s.tenant_id`, sql`r.list_id`)}
      and known.accepted_seq >= coalesce(cleared_seq, 0)`

/**
 * The next submission of the epoch, beginning with the submission of `going`. undefined: none is
 * left.
 */
const nextSubmission = async (tx: Tx, going: Going): Promise<string | undefined> => {
  const { rows } = await sql<{ number: string }>`select number from dnc_submission
    where tenant_id = ${going.tenant_id} and epoch = ${going.epoch}::bigint and number >= ${going.submission}::bigint
      and kind in ('add', 'pull') order by number limit 1`.execute(tx)
  return rows[0]?.number
}

/** The next part. undefined: the search has run for all entries of the submission. */
const nextPart = async (
  tx: Tx,
  { submission, chunk_seq: seq, place }: Going,
): Promise<Part | undefined> => {
  const entry = (which: RawBuilder<unknown>) =>
    sql`from dnc_entry where submission = ${submission}::bigint and ${which}`
  const { rows } = await sql<Part>`select seq, after,
      exists (select ${entry(sql`chunk_seq = seq and place > after + ${STEP}::int`)})
        or exists (select ${entry(sql`chunk_seq > seq`)}) as more
    from (select case when goes_on then ${seq}::int else later end as seq, case when goes_on then ${place}::int else -1 end as after
      from (select exists (select ${entry(sql`chunk_seq = ${seq}::int and place > ${place}::int`)}) as goes_on,
        (select min(chunk_seq) ${entry(sql`chunk_seq > ${seq}::int`)}) as later) as at) as part
    where seq is not null`.execute(tx)
  return rows[0]
}

const goOn = async (tx: Tx, going: Going, to: RawBuilder<unknown>): Promise<void> => {
  await sql`update dnc_look_back set ${to}, steps = steps + 1
    where tenant_id = ${going.tenant_id} and epoch = ${going.epoch}::bigint`.execute(tx)
}

/**
 * Call this when the search for a submission has ended. Adds a note to the submission if contacts
 * were found.
 */
const tellFound = async (tx: Tx, submission: string): Promise<void> => {
  const note = JSON.stringify([DELIVERED_BEFORE_NOTE])
  await sql`update dnc_submission set notes = notes || ${note}::jsonb, version = version + 1, updated_at = clock_timestamp()
    where number = ${submission}::bigint and not notes @> ${note}::jsonb
      and exists (select from dnc_retraction where dnc_retraction.submission = dnc_submission.number)`.execute(
    tx,
  )
}

const step = async (tx: Tx): ReturnType<LookBackStore['step']> => {
  const { rows } =
    await sql<Going>`select tenant_id, epoch, submission, chunk_seq, place from dnc_look_back
    where done_at is null order by steps, asked_at limit 1 for update skip locked`.execute(tx)
  const going = rows[0]
  if (going === undefined) return null
  const { tenant_id: tenantId } = going
  const submission = await nextSubmission(tx, going)
  if (submission === undefined) {
    await goOn(tx, going, sql`done_at = clock_timestamp()`)
    return { tenantId, found: 0, done: true }
  }
  const from =
    submission === going.submission ? going : { ...going, submission, chunk_seq: -1, place: -1 }
  const part = await nextPart(tx, from)
  const found = part === undefined ? 0 : await noteRetractions(tx, foundBy(from, part), false)
  if (part?.more) {
    const { seq, after } = part
    await goOn(
      tx,
      from,
      sql`submission = ${submission}::bigint, chunk_seq = ${seq}, place = ${after + STEP}`,
    )
    return { tenantId, found, done: false }
  }
  await tellFound(tx, submission)
  await goOn(tx, from, sql`submission = ${submission}::bigint + 1, chunk_seq = -1, place = -1`)
  return { tenantId, found, done: false }
}

/**
 * Makes the search run again after the grants of the tenant have changed. The search covers all
 * entries of the tenant and the editions in force of its registries. Locks the epoch's row first,
 * as every transaction that adds entries does. An entry that was accepted before is therefore
 * searched for again. An entry that is accepted afterwards is searched for under the new grants.
 */
export const lookBackAgain = async (tx: Tx, tenantId: string): Promise<void> => {
  await sql`select from suppression_epoch where tenant_id = ${tenantId} for share`.execute(tx)
  await sql`update dnc_look_back set submission = 0, chunk_seq = -1, place = -1, steps = 0,
    asked_at = clock_timestamp(), done_at = null where tenant_id = ${tenantId}`.execute(tx)
  await sql`insert into registry_look_back (edition, tenant_id) select r.current_edition, t.tenant_id from tenant_registry t
      join registry r on r.name = t.registry where t.tenant_id = ${tenantId} and r.current_edition is not null order by 1`.execute(
    tx,
  )
}

/**
 * The search for contacts that were delivered before the entries that name them. It begins after
 * the entries are committed, and finds the contacts that are in the registers by then. Rows in
 * flight are found when they are settled (`retractSettled`). A settlement locks the epochs for
 * share. It therefore either ends before the entries are committed, or sees the entries.
 */
export const createLookBack = (database: Database): LookBackStore => ({
  step: () => inTransaction(database, step),
})
