import { readdir, readFile } from 'node:fs/promises'

import { systemClock } from '../../src/lib/clock.ts'
import { openEmbedded } from '../../src/store/embedded-home.ts'
import { splitStatements } from '../../src/store/migrate.ts'
import { openServer } from '../../src/store/server-home.ts'
import type { TestHome } from './database.ts'

const DIRECTORY = new URL('../../src/store/migrations/', import.meta.url)

/**
 * The schema as it was before `migration`, which `migrate` then runs; the server's database is empty, the embedded one has all migrations and
 * loses them.
 */
export const openBefore = async (home: TestHome, migration: string) => {
  const place = await home.fresh()
  const database =
    place.kind === 'embedded'
      ? await openEmbedded({ dataDir: place.dataDir, clock: systemClock, emit: () => {} })
      : openServer(place)
  const { executeSql } = database.sql
  await executeSql('drop schema public cascade; create schema public')
  const run = async (name: string): Promise<void> => {
    const text = await readFile(new URL(name, DIRECTORY), 'utf8')
    for (const statement of splitStatements(text)) await executeSql(statement)
  }
  const earlier = (await readdir(DIRECTORY)).filter((name) => name < migration).toSorted()
  for (const name of earlier) await run(name)
  return { database, executeSql, migrate: () => run(migration) }
}
