import { readFile, readdir } from 'node:fs/promises'
import { basename } from 'node:path'

import { sql } from 'kysely'
import { Migrator, type Migration } from 'kysely/migration'

import type { Db } from './database.ts'

const DIRECTORY = new URL('../migrations/', import.meta.url)

/** Statements end with a semicolon at the end of a line; comment lines are left out. */
export const splitStatements = (text: string): string[] =>
  text
    .replaceAll(/^\s*--.*$/gm, '')
    .split(/;[ \t]*$/m)
    .map((statement) => statement.trim())
    .filter((statement) => statement !== '')

/** Name → place, in the order in which they run; folders keep ten numbers each and mean nothing. */
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

/** Brings the schema up to date, all in one transaction; instances that start together wait for each other. */
export const migrate = async (db: Db): Promise<void> => {
  const migrator = new Migrator({ db, provider: { getMigrations: readMigrations } })
  const { error } = await migrator.migrateToLatest()
  if (error instanceof Error) throw error
  if (error) throw new Error('A migration failed.', { cause: error })
}
