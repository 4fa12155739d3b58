import pg from 'pg'

import type { Store } from '../../../src/store/homes/open-store.ts'

export type Scans = Map<string, number>

/**
 * What statements have read, by the server's counters: scans of each index, entries read from it,
 * and rows read by scans of whole tables.
 */
export const openCounters = async (url: string) => {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  const read = async (text: string): Promise<Scans> => {
    const { rows } = await client.query<{ name: string; n: string }>(text)
    return new Map(rows.map(({ name, n }) => [name, Number(n)]))
  }
  return {
    indexes: () => read('select indexrelname as name, idx_scan as n from pg_stat_user_indexes'),
    entries: () => read('select indexrelname as name, idx_tup_read as n from pg_stat_user_indexes'),
    wholeTables: () => read('select relname as name, seq_tup_read as n from pg_stat_user_tables'),
    close: () => client.end(),
  }
}

export type Counters = Awaited<ReturnType<typeof openCounters>>

/** The names whose counter grew by `by` or more in between. */
export const grown = (before: Scans, now: Scans, by = 1): string[] =>
  [...now].filter(([name, n]) => n - (before.get(name) ?? 0) >= by).map(([name]) => name)

/**
 * What `call` reads of the tables and indexes whose names begin with `prefix`: for each, the index
 * entries or the rows of scans.
 */
export const readBy = async (
  { store, counters }: { store: Store; counters: Counters },
  prefix: string,
  call: () => Promise<unknown>,
): Promise<number[]> => {
  const read = async () => {
    await store.sql.executeSql('select pg_stat_force_next_flush()')
    const all = [...(await counters.entries()), ...(await counters.wholeTables())]
    return new Map(all.filter(([name]) => name.startsWith(prefix)))
  }
  const begun = await read()
  await call()
  return [...(await read())].map(([name, n]) => n - (begun.get(name) ?? 0))
}
