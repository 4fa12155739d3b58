import { sql, type RawBuilder } from 'kysely'

import type { Database, Db } from '../../homes/database.ts'

export const RECEIVING = sql`state = 'receiving'`

/** How long the stored part of an edition is kept for a call that sends the rest. */
export const KEPT = sql`interval '1 day'`

/** Deletes pages in slices, so that no statement takes long. */
export const deletePages = async (
  db: Db,
  edition: number,
  of: RawBuilder<unknown>,
): Promise<void> => {
  for (let more = true; more;) {
    const { rows } = await sql`delete from registry_page p using (
        select edition, run, first from registry_page where edition = ${edition} and ${of} order by run, first limit 500) as slice
      where p.edition = slice.edition and p.run = slice.run and p.first = slice.first returning p.first`.execute(
      db,
    )
    more = rows.length === 500
  }
}

/**
 * Deletes an edition that is being received, if `condition` is true for it. First takes the edition
 * over and forgets how much of it is stored. Otherwise another call could continue the edition
 * while its pages are being deleted. The edition would then come into force without these pages. If
 * the process ends in the middle, the sweep deletes the rest. Returns whether the edition was
 * deleted.
 */
export const discardEdition = async (
  db: Db,
  id: string,
  condition: RawBuilder<unknown>,
): Promise<boolean> => {
  const { rows } = await sql<{ number: string; attempt: number }>`update registry_edition
    set attempt = attempt + 1, kept_bytes = 0, kept_state = null
    where id = ${id} and ${condition} returning number, attempt`.execute(db)
  const [taken] = rows
  if (taken === undefined) return false
  await deletePages(db, Number(taken.number), sql`true`)
  const { rows: gone } = await sql`delete from registry_edition
    where id = ${id} and ${RECEIVING} and attempt = ${taken.attempt} returning id`.execute(db)
  return gone.length === 1
}

/**
 * Implements `RegistryStore.sweep`. Also deletes pages that nobody reads, which do not count in the
 * result.
 */
export const createSweepEditions =
  ({ db }: Database) =>
  async (olderThanMs: number): Promise<number> => {
    const dead = sql`state = 'receiving'
      and heartbeat_at <= clock_timestamp() - case when kept_bytes > 0 then ${KEPT} else make_interval(secs => ${olderThanMs / 1000}::float8) end`
    const { rows } = await sql<{
      id: string
    }>`select id from registry_edition where ${dead}`.execute(db)
    let discarded = 0
    for (const { id } of rows) if (await discardEdition(db, id, dead)) discarded += 1
    await deleteLeftPages(db)
    return discarded
  }

/**
 * Deletes pages that nobody reads: the parts of a merged edition, and all pages of a deleted
 * edition. An instance that was killed may have left them.
 */
const deleteLeftPages = async (db: Db): Promise<void> => {
  const { rows } = await sql<{ number: string; final_run: number | null }>`
    select number, case when state <> 'deleted' then final_run end as final_run from registry_edition e
    where state in ('current', 'replaced', 'failed', 'deleted')
      and (exists (select from registry_page p where p.edition = e.number and p.run > case when state = 'deleted' then -2 else final_run end)
        or exists (select from registry_page p where p.edition = e.number and p.run < final_run))`.execute(
    db,
  )
  for (const { number, final_run: run } of rows) {
    await deletePages(db, Number(number), run === null ? sql`true` : sql`run <> ${run}`)
  }
}
