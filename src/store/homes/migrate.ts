import { readFile, readdir } from 'node:fs/promises'
import { basename } from 'node:path'

import { sql } from 'kysely'
import { Migrator, type Migration } from 'kysely/migration'

import type { Db } from './database.ts'
import { SqlFailure } from './sql-failure.ts'

const DIRECTORY = new URL('../migrations/', import.meta.url)

/**
 * Statements end with a semicolon at the end of a line, except within a function's `$$`. Comment
 * lines are left out.
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
 * Name → place, in the order in which they run. Folders hold ten numbers each and have no meaning.
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

/** unique_violation of a catalogue, duplicate_table: another instance made it in this moment. */
const MADE_BY_ANOTHER = new Set(['23505', '42P07'])

/**
 * Kysely's own table for a lock of its own kind, which nothing but this uses on PostgreSQL. Asked
 * for first: it may only be there to be used.
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

/** Until the transaction ends, no other instance migrates, nor reads which tables exist. */
export const lockSchema = async (tx: Db): Promise<void> => {
  await sql`lock table kysely_migration_lock in exclusive mode`.execute(tx)
}

/**
 * Updates the schema in one transaction. Instances that start together wait for each other by a
 * lock that ends with the transaction. A session lock would stay on a connection that a pooler
 * gives to another client. `watch` gets the process of the database that may have to wait.
 */
export const migrate = async (db: Db, watch?: (pid: number) => void): Promise<void> => {
  await makeLockTable(db)
  await db.transaction().execute(async (tx) => {
    const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(tx)
    watch?.(rows[0]!.pid)
    await lockSchema(tx)
    const migrator = new Migrator({ db: tx, provider: { getMigrations: readMigrations } })
    const { error } = await migrator.migrateToLatest()
    if (error instanceof Error) throw error
    if (error) throw new Error('A migration failed.', { cause: error })
  })
}
