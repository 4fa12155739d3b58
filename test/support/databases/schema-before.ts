import { readFile } from 'node:fs/promises'

import { systemClock } from '../../../src/lib/clock.ts'
import { openEmbedded } from '../../../src/store/homes/embedded-home.ts'
import { migrationFiles, splitStatements } from '../../../src/store/homes/migrate.ts'
import { openServer } from '../../../src/store/homes/server-home.ts'
import type { TestHome } from './database.ts'

/**
 * A database with the schema from before `migration`. `migrate` then runs that migration. A
 * server's database is made empty. The embedded one has all migrations, so its tables are dropped
 * first.
 */
export const openBefore = async (home: TestHome, migration: string) => {
  const place = await home.fresh()
  const database =
    place.kind === 'embedded'
      ? await openEmbedded({ dataDir: place.dataDir, clock: systemClock, emit: () => {} })
      : openServer(place)
  const { executeSql } = database.sql
  await executeSql('drop schema public cascade; create schema public')
  const files = await migrationFiles()
  const run = async (name: string): Promise<void> => {
    const place = files.get(name)
    if (place === undefined) throw new Error(`There is no migration ${name}.`)
    const text = await readFile(place, 'utf8')
    for (const statement of splitStatements(text)) await executeSql(statement)
  }
  for (const name of files.keys()) if (name < migration) await run(name)
  /** Runs what a start would run: the migration and all later ones. */
  const migrateAll = async (): Promise<void> => {
    for (const name of files.keys()) if (name >= migration) await run(name)
  }
  return { database, executeSql, migrate: () => run(migration), migrateAll }
}
