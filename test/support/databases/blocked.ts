import { setTimeout as delay } from 'node:timers/promises'

import pg from 'pg'

/**
 * A connection separate from a store's own. It holds locks as another instance would, and sees who
 * waits for them.
 */
export type OtherSession = {
  query: pg.Client['query']
  /** Resolves when `count` statements of this database that contain `text` wait for a lock. */
  untilBlocked(text: string, count?: number): Promise<void>
  close(): Promise<void>
}

export const openOtherSession = async (url: string): Promise<OtherSession> => {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  // A separate connection, because one whose transaction has failed answers no queries.
  const watcher = new pg.Client({ connectionString: url })
  await watcher.connect()
  return {
    query: client.query.bind(client),
    untilBlocked: async (text, count = 1) => {
      for (;;) {
        const { rows } = await watcher.query<{ n: number }>(
          `select count(distinct a.pid)::int as n from pg_stat_activity a join pg_locks l on l.pid = a.pid and not l.granted
            where a.datname = current_database() and a.wait_event_type = 'Lock' and position($1 in a.query) > 0`,
          [text],
        )
        if (rows[0]!.n >= count) return
        await delay(5)
      }
    },
    close: async () => {
      await client.end()
      await watcher.end()
    },
  }
}
