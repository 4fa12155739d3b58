import { closeSync, fsyncSync, openSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

import { PGlite } from '@electric-sql/pglite'
import { Kysely, PGliteDialect } from 'kysely'

import { migrate } from '../migrate.ts'
import { DurableNodeFS, START_PARAMS } from './durable-fs.ts'

/**
 * Makes a cluster with the current schema in the given directory. Ends with exit code 0 when every
 * file is on the disk. It is a separate program, because making a cluster and its tables takes
 * several times as much memory as using them, and a process does not give memory back.
 */
const directory = process.argv[2]!
const lite = await PGlite.create({ fs: new DurableNodeFS(directory), startParams: START_PARAMS })
await migrate(new Kysely({ dialect: new PGliteDialect({ pglite: lite }) }))
await lite.close()
for (const entry of readdirSync(directory, { recursive: true, withFileTypes: true })) {
  if (!entry.isFile()) continue
  const file = openSync(join(entry.parentPath, entry.name), 'r')
  fsyncSync(file)
  closeSync(file)
}
