import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'

import pg from 'pg'

import type { StoreHome } from '../../../src/store/homes/open-store.ts'
import { dumpDatabase } from '../databases/postgres-server.ts'

/** A place where data may be stored, and the bytes that are there. */
export type Place = { name: string; bytes: Buffer }

const filesUnder = (directory: string): string[] =>
  readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .map((name) => join(directory, name))
    .filter((path) => statSync(path, { throwIfNoEntry: false })?.isFile())

/** Every file below the directory. */
export const placesUnder = (directory: string, name: string): Place[] =>
  filesUnder(directory).map((path) => ({
    name: `${name}${path.slice(directory.length)}`,
    bytes: readFileSync(path),
  }))

/**
 * The files of the database's server, including its write-ahead log, after a checkpoint. A copy of
 * the disk would have the same.
 */
const serverFiles = async (url: string): Promise<Place[]> => {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    await client.query('checkpoint')
    const { rows } = await client.query<{ directory: string; base: string }>(
      `select current_setting('data_directory') as directory,
        (select oid::text from pg_database where datname = current_database()) as base`,
    )
    const { directory, base } = rows[0]!
    return [
      ...placesUnder(join(directory, 'base', base), 'database'),
      ...placesUnder(join(directory, 'pg_wal'), 'WAL'),
    ]
  } finally {
    await client.end()
  }
}

/**
 * What the home has stored. For a server: the output of `pg_dump` and the files on its disk. For
 * the embedded home: its directory.
 */
export const storedPlaces = async (home: StoreHome): Promise<Place[]> =>
  home.kind === 'server'
    ? [{ name: 'pg_dump', bytes: dumpDatabase(home.url) }, ...(await serverFiles(home.url))]
    : placesUnder(home.dataDir, 'DATA_DIR')
