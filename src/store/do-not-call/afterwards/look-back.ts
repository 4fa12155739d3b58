import { sql, type RawBuilder } from 'kysely'

import type { LookBackStore } from '../../../workflows/ports/do-not-call/retractions.ts'
import { inTransaction, type Database, type Tx } from '../../homes/database.ts'
import { grantedTo, stands } from '../standing-entries.ts'
import { contactsWith } from './contacts-with.ts'
import { noteRetractions } from './note-retractions.ts'

/** How many entries a step takes. Each is searched for in three indexes and in one of arrays. */
const STEP = 1_000

type Going = {
  tenant_id: string
  epoch: string
  submission: string
  chunk_seq: number
  place: number
}

const PLACE = sql`(e.submission, e.chunk_seq, e.place)`

/**
 * The entries after `going`, up to and including the last of the step. Each has the number by which
 * registers know its subject.
 */
const entriesOf = (going: Going, last: { chunk_seq: number; place: number }): RawBuilder<unknown> =>
  sql`select e.*, ('x' || left(replace(e.subject::text, '-', ''), 16))::bit(64)::bigint as number
    from dnc_entry e where e.submission = ${going.submission}::bigint
      and ${PLACE} > (${going.submission}::bigint, ${going.chunk_seq}::int, ${going.place}::int)
      and ${PLACE} <= (${going.submission}::bigint, ${last.chunk_seq}::int, ${last.place}::int)`

/**
 * For the lists that the tenant is granted, whichever tenant brought the contact. Not for contacts
 * from before a list was overwritten.
 */
const foundBy = (
  going: Going,
  last: { chunk_seq: number; place: number },
): RawBuilder<unknown> => sql`select r.list_id as contact_list_id, known.contact_digest, e.subject, e.submission, null::bigint as edition, known.sealed_id,
      r.tenant_id, known.upload_id, known.line, known.delivered_at as held_at
    from (${entriesOf(going, last)}) as e join dnc_submission s on s.number = e.submission
      cross join lateral (${contactsWith(sql`e.number`)}) as known
      join register r on r.id = known.register_id
      left join list_clearing on list_clearing.list_id = r.list_id
    where ${stands(sql`r.list_id`)} and ${grantedTo(sql`s.tenant_id`, sql`r.list_id`)}
      and known.accepted_seq >= coalesce(cleared_seq, 0)`

/**
 * The next submission under the epoch, starting with the one of `going`. undefined if none is left.
 */
const nextSubmission = async (tx: Tx, going: Going): Promise<string | undefined> => {
  const { rows } = await sql<{ number: string }>`select number from dnc_submission
    where tenant_id = ${going.tenant_id} and epoch = ${going.epoch}::bigint and number >= ${going.submission}::bigint
      and kind in ('add', 'pull') order by number limit 1`.execute(tx)
  return rows[0]?.number
}

const lastOfStep = async (tx: Tx, { submission, chunk_seq, place }: Going) => {
  const { rows } = await sql<{ chunk_seq: number; place: number; entries: number }>`
    with step as (select e.chunk_seq, e.place from dnc_entry e where e.submission = ${submission}::bigint
      and ${PLACE} > (${submission}::bigint, ${chunk_seq}::int, ${place}::int) order by e.chunk_seq, e.place limit ${STEP})
    select chunk_seq, place, (select count(*)::int from step) as entries from step
    order by chunk_seq desc, place desc limit 1`.execute(tx)
  return rows[0]
}

const goOn = async (tx: Tx, going: Going, to: RawBuilder<unknown>): Promise<void> => {
  await sql`update dnc_look_back set ${to}, steps = steps + 1
    where tenant_id = ${going.tenant_id} and epoch = ${going.epoch}::bigint`.execute(tx)
}

/** When its search is over, the submission shows that there is a report. */
const tellFound = async (tx: Tx, submission: string): Promise<void> => {
  const note =
    'Contacts of this submission had been delivered before. GET …/delivered-before lists their outcomes. Neither a removal nor an expiry undoes that.'
  await sql`update dnc_submission set notes = notes || ${JSON.stringify([note])}::jsonb, version = version + 1, updated_at = clock_timestamp()
    where number = ${submission}::bigint and not notes @> ${JSON.stringify([note])}::jsonb
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
  const last = await lastOfStep(tx, from)
  const found = last === undefined ? 0 : await noteRetractions(tx, foundBy(from, last), false)
  if (last?.entries === STEP) {
    await goOn(
      tx,
      from,
      sql`submission = ${submission}::bigint, chunk_seq = ${last.chunk_seq}, place = ${last.place}`,
    )
    return { tenantId, found, done: false }
  }
  await tellFound(tx, submission)
  await goOn(tx, from, sql`submission = ${submission}::bigint + 1, chunk_seq = -1, place = -1`)
  return { tenantId, found, done: false }
}

/**
 * Makes all entries of the tenant search once more. Locks the epoch's row first, as every
 * transaction that adds entries does. Such entries are accepted before this and search again, or
 * they search under the grants that this transaction leaves.
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
 * Entries search for earlier deliveries after their commit. This finds what is in the registers by
 * then. The settlement of rows in flight finds the rest when it writes them to the register
 * (`retractSettled`). It holds the epochs for share, so it ends before the entries commit, or it
 * sees them.
 */
export const createLookBack = (database: Database): LookBackStore => ({
  step: () => inTransaction(database, step),
})
