import { sql } from 'kysely'

import type { NewLists } from '../../workflows/ports/contact-lists/new-lists.ts'
import type { Database } from '../homes/database.ts'

/**
 * Within it a 404 passes by itself. Compared in both directions, because the clock may have been
 * set back since.
 */
const PROVISIONING = sql`made_at between clock_timestamp() - interval '30 s' and clock_timestamp() + interval '30 s'`

/** By the database's clock, so that every instance and the next start agree. */
export const createNewListStore = ({ database }: { database: Database }): NewLists => ({
  add: async (listId) => {
    await sql`with gone as (delete from new_list where list_id <> ${listId} and not (${PROVISIONING}))
      insert into new_list (list_id) values (${listId})
      on conflict (list_id) do update set made_at = clock_timestamp()`.execute(database.db)
  },
  has: async (listId) => {
    const { rows } =
      await sql`select from new_list where list_id = ${listId} and ${PROVISIONING}`.execute(
        database.db,
      )
    return rows.length > 0
  },
})
