import { readFile, readdir } from 'node:fs/promises'
import { basename } from 'node:path'

import { sql } from 'kysely'
import { Migrator, type Migration } from 'kysely/migration'

import type { Db } from './database.ts'
import { mayRunAgain, SqlFailure } from './sql-failure.ts'

const DIRECTORY = new URL('../migrations/', import.meta.url)

/**
 * Splits a script into statements. A statement ends with a semicolon at the end of a line, except
 * within the `$$` of a function. Lines with only a comment are dropped.
 */
export const splitStatements = (text: string): string[] => {
  const statements: string[] = []
  let open = ''
  for (const piece of text.replaceAll(/^\s*--.*$/gm, '').split(/(?<=;)[ \t]*$/m)) {
    open += piece
    if (open.split('$$').length % 2 === 0) continue
    const statement = open.trim().replace(/;$/, '').trim()
    if (statement !== '') statements.push(statement)
    open = ''
  }
  return statements
}

/**
 * The files of all migrations by name, in the order in which they run. Each folder holds ten
 * numbers. Folders have no other meaning.
 */
export const migrationFiles = async (): Promise<Map<string, URL>> => {
  const paths = (await readdir(DIRECTORY, { recursive: true })).filter((path) =>
    /^(?:.*\/)?\d{4}-[^/]*\.sql$/.test(path),
  )
  return new Map(
    paths
      .map((path): [string, URL] => [basename(path, '.sql'), new URL(path, DIRECTORY)])
      .toSorted(([one], [other]) => (one < other ? -1 : 1)),
  )
}

const readMigrations = async (): Promise<Record<string, Migration>> => {
  const migrations: Record<string, Migration> = {}
  for (const [name, place] of await migrationFiles()) {
    const statements = splitStatements(await readFile(place, 'utf8'))
    migrations[name] = {
      up: async (db) => {
        for (const statement of statements) await sql.raw(statement).execute(db)
      },
    }
  }
  return migrations
}

/**
 * The codes unique_violation (of a catalogue) and duplicate_table: another instance made the table
 * at the same moment.
 */
const MADE_BY_ANOTHER = new Set(['23505', '42P07'])

/**
 * Makes the table that Kysely uses for its migration lock. On a server only `lockSchema` uses it.
 * First checks whether the table exists, because a database user may be allowed to use it but not
 * to create tables.
 */
const makeLockTable = async (db: Db): Promise<void> => {
  const { rows } = await sql<{ known: boolean }>`
    select to_regclass('kysely_migration_lock') is not null as known`.execute(db)
  if (rows[0]!.known) return
  try {
    await sql`create table kysely_migration_lock
      (id varchar(255) primary key, is_locked integer default 0 not null)`.execute(db)
  } catch (error) {
    if (!(error instanceof SqlFailure && MADE_BY_ANOTHER.has(error.code))) throw error
  }
}

/**
 * Locks the schema until the transaction ends. Until then, other instances wait before they
 * migrate, or before they seal what an earlier version stored.
 */
export const lockSchema = async (tx: Db): Promise<void> => {
  await sql`lock table kysely_migration_lock in exclusive mode`.execute(tx)
}

/** SQL_ASCII stores every text as it is. */
const ENCODINGS = ['UTF8', 'SQL_ASCII']

/**
 * Throws if the database cannot store every text. Otherwise a call with such a text would fail
 * after it has had an effect in Genesys.
 */
export const checkEncoding = async (db: Db): Promise<void> => {
  const { rows } = await sql<{ encoding: string }>`
    select current_setting('server_encoding') as encoding`.execute(db)
  const { encoding } = rows[0]!
  if (ENCODINGS.includes(encoding)) return
  throw new Error(
    `The database has the encoding ${encoding}, which cannot store every text. DATABASE_URL must name a database with the encoding UTF8`,
  )
}

const migrateOnce = (db: Db, watch?: (pid: number) => void): Promise<void> =>
  db.transaction().execute(async (tx) => {
    const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(tx)
    watch?.(rows[0]!.pid)
    await lockSchema(tx)
    const migrator = new Migrator({ db: tx, provider: { getMigrations: readMigrations } })
    const { error } = await migrator.migrateToLatest()
    if (error instanceof Error) throw error
    if (error) throw new Error('A migration failed.', { cause: error })
  })

/**
 * How often the migrations are tried. In a rolling upgrade, instances of the old version lock the
 * same tables in other orders, so a deadlock may undo the migrations.
 */
const MOST_TRIES = 10

/**
 * Updates the schema in one transaction. Instances that start together wait for each other by a
 * lock that ends with the transaction. A session lock would not be safe, because a pooler may give
 * the connection to another client. `watch` gets the id of the database process that may have to
 * wait. If a deadlock undoes the transaction, it runs again.
 */
export const migrate = async (db: Db, watch?: (pid: number) => void): Promise<void> => {
  await makeLockTable(db)
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await migrateOnce(db, watch)
    } catch (error) {
      if (attempt === MOST_TRIES || !mayRunAgain(error)) throw error
    }
  }
}
