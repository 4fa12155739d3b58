import { readFile } from 'node:fs/promises'

import { systemClock } from '../../../src/lib/clock.ts'
import { openEmbedded } from '../../../src/store/homes/embedded-home.ts'
import { migrationFiles, splitStatements } from '../../../src/store/homes/migrate.ts'
import { openServer } from '../../../src/store/homes/server-home.ts'
import type { TestHome } from './database.ts'

/**
 * The schema as it was before `migration`, which `migrate` then runs; the server's database is
 * empty, the embedded one has all migrations and loses them.
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
  /** What a start does: the migration and all that came after it. */
  const migrateAll = async (): Promise<void> => {
    for (const name of files.keys()) if (name >= migration) await run(name)
  }
  return { database, executeSql, migrate: () => run(migration), migrateAll }
}
