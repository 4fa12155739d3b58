import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'

/**
 * The data directory held a database before, but does not hold a complete one now. The message
 * tells the operator what to do.
 */
export class ClusterMissing extends Error {
  override readonly name = 'ClusterMissing'
  constructor(dataDir: string, what: string) {
    super(
      `DATA_DIR ${dataDir} ${what}. The gateway makes no new database there, because a new database would lack the data of the old one. Restore the directory from a backup, or set DATA_DIR to a different directory.`,
    )
  }
}

const MAKE = fileURLToPath(new URL('make-cluster.ts', import.meta.url))
const MAKING = 'pgdata.making-'
/** The name of a file that shows that the directory once held a database. */
const MADE = 'pgdata.made'

/**
 * The flags of this process that the process that makes the cluster gets too. With `--test`, for
 * example, that process would run tests instead.
 */
const passedOn = (): string[] => process.execArgv.filter((flag) => flag === '--liftoff-only')

const makeIn = async (directory: string): Promise<void> => {
  const child = spawn(process.execPath, [...passedOn(), MAKE, directory], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const [said, [code]] = await Promise.all([text(child.stderr), once(child, 'exit')])
  if (code === 0) return
  const reason = said.split('\n').find((line) => /Error|ENO/.test(line)) ?? `code ${code}`
  throw new Error(`The embedded database could not be made: ${reason.trim().slice(0, 200)}`)
}

/**
 * Makes sure that `dataDir`, which must be locked, holds a complete database cluster. If the
 * directory never held a cluster, makes one under another name and then renames it. An interrupted
 * start therefore leaves no cluster that looks complete. Throws `ClusterMissing` if the directory
 * once held a cluster and holds no complete one now.
 */
export const ensureCluster = async (dataDir: string): Promise<void> => {
  const place = join(dataDir, 'pgdata')
  const marker = join(dataDir, MADE)
  const names = existsSync(place) ? readdirSync(place) : []
  if (names.includes('PG_VERSION')) {
    if (!existsSync(marker)) writeFileSync(marker, '')
    return
  }
  if (names.length > 0) throw new ClusterMissing(dataDir, 'holds pgdata without PG_VERSION')
  if (existsSync(marker)) throw new ClusterMissing(dataDir, 'held a database, and pgdata is gone')
  for (const name of readdirSync(dataDir)) {
    if (name.startsWith(MAKING)) rmSync(join(dataDir, name), { recursive: true, force: true })
  }
  const making = join(dataDir, `${MAKING}${process.pid}`)
  await makeIn(making)
  rmSync(place, { recursive: true, force: true })
  renameSync(making, place)
  writeFileSync(marker, '')
}
