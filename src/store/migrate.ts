import { readFile, readdir } from 'node:fs/promises'

import { sql } from 'kysely'
import { Migrator, type Migration } from 'kysely/migration'

import type { Db } from './database.ts'

const DIRECTORY = new URL('migrations/', import.meta.url)

/** Statements end with a semicolon at the end of a line; comment lines are left out. */
export const splitStatements = (text: string): string[] =>
  text
    .replaceAll(/^\s*--.*$/gm, '')
    .split(/;[ \t]*$/m)
    .map((statement) => statement.trim())
    .filter((statement) => statement !== '')

const readMigrations = async (): Promise<Record<string, Migration>> => {
  const names = (await readdir(DIRECTORY)).filter((name) => /^\d{4}-.*\.sql$/.test(name))
  const migrations: Record<string, Migration> = {}
  for (const name of names) {
    const statements = splitStatements(await readFile(new URL(name, DIRECTORY), 'utf8'))
    migrations[name.slice(0, -'.sql'.length)] = {
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
