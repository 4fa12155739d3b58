import { sql, type RawBuilder } from 'kysely'

import type { LookBackStore } from '../../../workflows/ports/do-not-call/retractions.ts'
import { inTransaction, type Database, type Tx } from '../../homes/database.ts'
import { grantedTo, stands } from '../standing-entries.ts'
import { contactsWith } from './contacts-with.ts'
import { noteRetractions } from './note-retractions.ts'

/** Entries of a step: each is searched for in three indexes and one of arrays. */
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
 * The entries after `going` up to and with the last of the step; each with the number by which
 * registers know its subject.
 */
const entriesOf = (going: Going, last: { chunk_seq: number; place: number }): RawBuilder<unknown> =>
  sql`select e.*, ('x' || left(replace(e.subject::text, '-', ''), 16))::bit(64)::bigint as number
    from dnc_entry e where e.submission = ${going.submission}::bigint
      and ${PLACE} > (${going.submission}::bigint, ${going.chunk_seq}::int, ${going.place}::int)
      and ${PLACE} <= (${going.submission}::bigint, ${last.chunk_seq}::int, ${last.place}::int)`

/**
 * Of the lists that the tenant is granted, whoever brought the contact; not what was there before a
 * list was overwritten.
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
 * The submission that is next under the epoch, from the one of `going` on; undefined: none is left.
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

/** The submission shows that there is a report, when its search is over. */
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
 * All entries of the tenant look once more. The epoch's row is locked first, as by whoever adds
 * entries: they are accepted before this and look again, or look under the grants that this
 * transaction leaves.
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
 * Entries look for who was delivered before, behind their commit. What is in the registers then is
 * found here; what was on its way is found by the settlement that writes it to the register, which
 * holds the epochs for share (`retractSettled`): it is over before the entries commit, or sees
 * them.
 */
export const createLookBack = (database: Database): LookBackStore => ({
  step: () => inTransaction(database, step),
})
