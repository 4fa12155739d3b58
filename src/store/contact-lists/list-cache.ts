import { sql } from 'kysely'

import type { ContactList } from '../../domain/contact-lists/contact-list.ts'
import type { ListCache } from '../../workflows/ports/delivery/delivery.ts'
import type { Database } from '../homes/database.ts'
import { runKeptQuery } from '../homes/kept-statements.ts'

export const createListCache = (deps: { database: Database }): ListCache => ({
  get: async (listId) => {
    const [row] = await runKeptQuery(
      deps.database.db,
      sql<{ list: ContactList; age_ms: number }>`select list,
        greatest(0, extract(epoch from clock_timestamp() - read_at) * 1000)::float8 as age_ms
      from list_cache where list_id = ${listId}`,
    )
    return row ? { list: row.list, ageMs: Math.round(row.age_ms) } : null
  },
  put: async (list) => {
    await sql`insert into list_cache (list_id, list) values (${list.id}, ${JSON.stringify(list)}::jsonb)
      on conflict (list_id) do update set list = excluded.list, read_at = clock_timestamp()`.execute(
      deps.database.db,
    )
  },
})
