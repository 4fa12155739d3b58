import { sql, type RawBuilder } from 'kysely'

import type { Tx } from '../../homes/database.ts'
import { NOT_OVER } from '../standing-entries.ts'

/**
 * Whether an entry of any tenant and any scope is in force for the person of `mine` in the list. If
 * so, Genesys must keep the person, because Genesys has neither tenants nor scopes. Quarantined
 * entries count too, because they are sent to Genesys after their release.
 */
const stands = (dncListId: string): RawBuilder<unknown> =>
  sql`exists (select from dnc_entry e join dnc_submission s on s.number = e.submission
    where e.subject = mine.subject and ${NOT_OVER} and s.epoch is not null and s.kind in ('add', 'pull')
      and s.dnc_list_id = ${dncListId})`

/**
 * Places of one chunk. `send`: entries, all of one kind, to be removed in Genesys. `settle`:
 * entries that need no request.
 */
export type NextRemovals = {
  seq: number
  kind: number
  send: number[]
  settle: number[]
}

type Row = { chunk_seq: number; place: number; subject_kind: number; goes: boolean; first: boolean }

/**
 * The next chunk of a removal with entries that have no outcome yet. null: there is none. An entry
 * is sent if Genesys accepts removals, the entry ended another entry, and no entry is in force for
 * its person now. A request names a person once.
 */
export const nextRemovals = async (
  tx: Tx,
  { number }: { number: string },
  about: { dncListId: string; takes: boolean; most: number },
): Promise<NextRemovals | null> => {
  const { rows } = await sql<Row>`with first as (select chunk_seq from dnc_entry
        where submission = ${number}::bigint and outcome is null and not quarantined order by chunk_seq, place limit 1),
      mine as materialized (select m.* from dnc_entry m join first using (chunk_seq)
        where m.submission = ${number}::bigint and m.outcome is null and not m.quarantined)
    select chunk_seq, place, subject_kind, ${about.takes}::boolean
        and exists (select from dnc_entry c where c.subject = mine.subject and c.scope = mine.scope and c.closed_by = ${number}::bigint)
        and not ${stands(about.dncListId)} as goes,
      row_number() over (partition by subject order by place) = 1 as first
    from mine order by place`.execute(tx)
  if (rows.length === 0) return null
  const sent = rows.filter(({ goes, first }) => goes && first)
  const kind = sent[0]?.subject_kind ?? 0
  return {
    seq: rows[0]!.chunk_seq,
    kind,
    send: sent
      .filter((row) => row.subject_kind === kind)
      .slice(0, about.most)
      .map(({ place }) => place),
    settle: rows.filter(({ goes }) => !goes).map(({ place }) => place),
  }
}

/** Whether an entry has come into force for a person whom the group would remove in Genesys. */
export const standsAgain = async (
  tx: Tx,
  dncListId: string,
  group: { submission: string; seq: number; places: readonly number[] },
): Promise<boolean> => {
  const { rows } = await sql`select from dnc_entry mine
    where submission = ${group.submission}::bigint and chunk_seq = ${group.seq}
      and place = any(${[...group.places]}::int[]) and ${stands(dncListId)} limit 1`.execute(tx)
  return rows.length > 0
}
