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
  sent_since_ms: number | null
  renews: boolean
}

export const GROUP_COLUMNS = sql.raw(
  `id, chunk_seq, places, reason, expires_at, subject_kind, idempotency_key, attempts, renews,
  (extract(epoch from clock_timestamp() - sent_at) * 1000)::float8 as sent_since_ms`,
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
