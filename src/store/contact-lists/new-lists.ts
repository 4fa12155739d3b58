import { sql } from 'kysely'

import type { NewLists } from '../../workflows/ports/contact-lists/new-lists.ts'
import type { Database } from '../homes/database.ts'

/**
 * A list made within the last 30 s may still be unknown to Genesys, so a 404 about it may be
 * temporary. `made_at` may also be up to 30 s ahead, because the clock may have been set back.
 */
const PROVISIONING = sql`made_at between clock_timestamp() - interval '30 s' and clock_timestamp() + interval '30 s'`

/**
 * The SQL store of lists that were made a moment ago. The database's clock decides whether a list
 * is still new, so that all instances agree, also after a restart.
 */
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
