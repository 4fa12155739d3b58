import { sql } from 'kysely'

import type { ContactList } from '../../domain/contact-lists/contact-list.ts'
import type { ListCache, SeenList } from '../../workflows/ports/contact-lists/list-cache.ts'
import type { Database } from '../homes/database.ts'
import { runKeptQuery } from '../homes/kept-statements.ts'

/**
 * When Genesys accepts rows, this confirms that the last reading of the contact list is still
 * right. It confirms nothing if the reading is older than `PROVEN_FOR`, or if the reading showed
 * the list as not ready.
 */
const PROVEN_FOR = '10 minutes'

/** `ageMs` and `provenMs` of `ListCache`, from a row of `list_cache` with the alias `c`. */
export const SEEN_COLUMNS = `greatest(0, extract(epoch from clock_timestamp() - c.read_at) * 1000)::float8 as age_ms,
    greatest(0, extract(epoch from clock_timestamp() - case
      when c.read_at > clock_timestamp() - interval '${PROVEN_FOR}' and c.list ->> 'status' = 'ready'
      then greatest(c.read_at, c.taken_at) else c.read_at end) * 1000)::float8 as proven_ms`

export type SeenColumns = { age_ms: number | null; proven_ms: number | null }

/**
 * Makes a `SeenList` from a row. Rounds its ages to whole milliseconds. An age that is null in the
 * row becomes 0.
 */
export const toSeen = (list: ContactList, row: SeenColumns): SeenList => ({
  list,
  ageMs: Math.round(row.age_ms ?? 0),
  provenMs: Math.round(row.proven_ms ?? 0),
})

/**
 * The SQL store of contact lists as last read from Genesys. All tenants and instances share the one
 * reading of a list.
 */
export const createListCache = (deps: { database: Database }): ListCache => ({
  get: async (listId) => {
    const [row] = await runKeptQuery(
      deps.database.db,
      sql<{ list: ContactList } & SeenColumns>`select list, ${sql.raw(SEEN_COLUMNS)}
        from list_cache c where list_id = ${listId}`,
    )
    return row ? toSeen(row.list, row) : null
  },
  put: async (list) => {
    await sql`insert into list_cache (list_id, list) values (${list.id}, ${JSON.stringify(list)}::jsonb)
      on conflict (list_id) do update set list = excluded.list, read_at = clock_timestamp()`.execute(
      deps.database.db,
    )
  },
})
