import { closeSync, fsyncSync, openSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

import { PGlite } from '@electric-sql/pglite'

import { DurableNodeFS, START_PARAMS } from './durable-fs.ts'

/**
 * Makes an empty cluster in the given directory, and ends. It is a separate program, because making
 * a cluster takes several times the memory of using one, and a process keeps the memory that it
 * once had. Every file is on the disk when it ends with 0.
 */
const directory = process.argv[2]!
const lite = await PGlite.create({ fs: new DurableNodeFS(directory), startParams: START_PARAMS })
await lite.close()
for (const entry of readdirSync(directory, { recursive: true, withFileTypes: true })) {
  if (!entry.isFile()) continue
  const file = openSync(join(entry.parentPath, entry.name), 'r')
  fsyncSync(file)
  closeSync(file)
}
