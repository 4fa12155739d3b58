import { sql, type RawBuilder } from 'kysely'

import { createBitmap, hasBit, setBit } from '../../lib/bitmap.ts'
import type { DncClaim, DncLaneStore } from '../../workflows/ports/do-not-call/dnc-lane.ts'
import { CERTAIN_NOW } from '../clock/steady-time.ts'
import type { Tx } from '../homes/database.ts'
import type { Sending } from './settle-entries.ts'
import { IN_FORCE } from './standing-entries.ts'

export type About = Parameters<DncLaneStore['nextGroup']>[1]

export type GroupRow = {
  id: string
  chunk_seq: number
  places: Buffer
  reason: number
  expires_at: Date | null
  subject_kind: number
  idempotency_key: string
  attempts: number
  renews: boolean
}

export const GROUP_COLUMNS = sql.raw(
  'id, chunk_seq, places, reason, expires_at, subject_kind, idempotency_key, attempts, renews',
)

/** The places as a bitmap (bit 0: place 0), as the column `dnc_group.places` stores them. */
export const placesAsBits = (places: readonly number[]): Buffer => {
  const bits = createBitmap(Math.max(-1, ...places) + 1)
  for (const place of places) setBit(bits, place)
  return bits
}

/** The places in a bitmap of `placesAsBits`, ascending. */
export const placesOfBits = (bits: Buffer): number[] =>
  Array.from({ length: bits.length * 8 }, (_, place) => place).filter((place) =>
    hasBit(bits, place),
  )

/**
 * Genesys has no scopes and keeps only one entry for each subject. Each entry of `mine` is
 * therefore adjusted to all entries in force for its subject in the DNC list. It gets the strongest
 * reason of these entries (if Genesys accepts reasons) and the latest expiry. No expiry counts as
 * the latest. An expiry later than `expiryDays` from now is moved to that time.
 *
 * Returns the entries that have the same kind, adjusted reason and adjusted expiry as the first
 * entry. Returns them by place, and at most as many as fit into one request.
 */
export const compose = async (tx: Tx, claim: DncClaim, about: About, mine: RawBuilder<unknown>) => {
  const { takes, expiryDays, most } = about
  const { rows } = await sql<{
    chunk_seq: number
    place: number
    subject_kind: number
    reason: number
    expires_at: Date | null
    until: Date | null
  }>`with ${mine},
      standing as (select mine.subject, max(e.reason) as reason,
          case when bool_or(e.expires_at is null) then null else max(e.expires_at) end as expires_at
        from mine join dnc_entry e on e.subject = mine.subject and ${IN_FORCE} and not e.quarantined
        join dnc_submission s on s.number = e.submission and s.epoch is not null
          and s.dnc_list_id = ${claim.dncListId} and s.kind in ('add', 'pull')
        group by mine.subject),
      wanted as (select mine.chunk_seq, mine.place, mine.subject_kind,
          case when ${takes.reasons} then coalesce(standing.reason, mine.reason) else 1 end as reason,
          case when standing.subject is null then mine.expires_at else standing.expires_at end as until
        from mine left join standing using (subject)),
      dated as (select chunk_seq, place, subject_kind, reason, until,
          case when ${expiryDays}::int is null or until is null then until
            else least(until, date_trunc('minute', ${CERTAIN_NOW}) + make_interval(days => ${expiryDays}::int) - interval '1 minute') end as expires_at
        from wanted),
      lead as (select subject_kind, reason, expires_at from dated order by place limit 1)
    select dated.* from dated join lead on lead.subject_kind = dated.subject_kind and lead.reason = dated.reason
      and lead.expires_at is not distinct from dated.expires_at
    order by place limit ${most}`.execute(tx)
  return rows
}

type Composed = Awaited<ReturnType<typeof compose>>[number]

/**
 * Stores a group of these entries. `cut`: the group has an earlier expiry than its entries, because
 * Genesys does not accept the later one. The entries are then sent again before Genesys forgets the
 * people.
 */
export const insertGroup = async (
  tx: Tx,
  { number }: Pick<Sending, 'number'>,
  rows: readonly Composed[],
  { id, key, predecessorId = null }: Pick<About, 'id' | 'key'> & { predecessorId?: string | null },
): Promise<GroupRow> => {
  const [first] = rows
  const { chunk_seq: seq, reason, expires_at: expiresAt, subject_kind: kind } = first!
  const cut = rows.some(({ until }) => expiresAt !== null && (until === null || until > expiresAt))
  const { rows: made } = await sql<GroupRow>`insert into dnc_group
      (id, submission, chunk_seq, places, entries, reason, expires_at, subject_kind, idempotency_key, state, cut, renews, predecessor_id)
    values (${id}, ${number}::bigint, ${seq}, ${placesAsBits(rows.map(({ place }) => place))}, ${rows.length},
      ${reason}, ${expiresAt}, ${kind}, ${key}, 'intended', ${cut}, ${predecessorId !== null}, ${predecessorId}) returning ${GROUP_COLUMNS}`.execute(
    tx,
  )
  return made[0]!
}

type OpenGroup = Pick<GroupRow, 'id' | 'places'>

/**
 * Whether the request of an open group must no longer be sent as it was composed. Since then, one
 * of its entries has expired, or one of its people got an entry with a stronger reason or a later
 * expiry. Another request may have sent that entry already, and this one would weaken it. A renewal
 * is also outdated if one of its entries was removed. Any other group still goes, because Genesys
 * may already be working on it, and the removal follows.
 */
export const isOutdated = async (
  tx: Tx,
  { dncListId }: DncClaim,
  { takes }: About,
  { id, places }: OpenGroup,
): Promise<boolean> => {
  const { rows } = await sql`with g as materialized (select * from dnc_group where id = ${id}),
      mine as materialized (select e.subject,
          (e.expires_at is null or e.expires_at > ${CERTAIN_NOW}) and (e.closed_by is null or not g.renews) as goes from g
        join dnc_entry e on e.submission = g.submission and e.chunk_seq = g.chunk_seq and e.place = any(${placesOfBits(places)}::int[]))
    select where exists (select from mine where not goes)
      or exists (select from g cross join mine join dnc_entry e on e.subject = mine.subject and ${IN_FORCE} and not e.quarantined
        join dnc_submission s on s.number = e.submission and s.epoch is not null
          and s.dnc_list_id = ${dncListId} and s.kind in ('add', 'pull')
        where ${takes.reasons} and e.reason > g.reason
          or g.expires_at is not null and (e.expires_at is null
            or not g.cut and date_trunc('milliseconds', e.expires_at) > date_trunc('milliseconds', g.expires_at)))`.execute(
    tx,
  )
  return rows.length > 0
}

/**
 * Gives up the request of an open group, so that its entries are composed again. A renewal becomes
 * due immediately.
 */
export const giveUpGroup = async (tx: Tx, { id }: Pick<OpenGroup, 'id'>): Promise<void> => {
  await sql`update dnc_group set state = 'split', settled_at = clock_timestamp(),
      renew_at = case when renews then ${CERTAIN_NOW} else renew_at end,
      expires_at = case when renews then ${CERTAIN_NOW} else expires_at end
    where id = ${id}`.execute(tx)
}
