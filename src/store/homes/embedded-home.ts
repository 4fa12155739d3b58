import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setImmediate as yieldToLoop } from 'node:timers/promises'

import { PGlite, type PGliteInterface, type Transaction } from '@electric-sql/pglite'
import { type CompiledQuery, Kysely, PGliteDialect, type PGliteDialectConfig } from 'kysely'

import { StorageFull } from '../../domain/problems/store-unavailable.ts'
import type { Clock } from '../../lib/clock.ts'
import { makeDirectory } from '../../lib/make-directory.ts'
import type { Emit } from '../../telemetry/events.ts'
import { createCopiedRows } from '../endpoints/copied-rows.ts'
import { createMessageWriter, type WireValue } from '../endpoints/wire-message.ts'
import { ensureCluster } from './cluster/cluster.ts'
import { DurableNodeFS, START_PARAMS } from './cluster/durable-fs.ts'
import { createRoomCheck } from './cluster/free-space.ts'
import type { Database } from './database.ts'
import { runMaintenance } from './maintenance.ts'
import { sqlFailure } from './sql-failure.ts'

/**
 * Another process uses the data directory. Two processes would silently lose each other's writes.
 */
export class DataDirInUse extends Error {
  override readonly name = 'DataDirInUse'
  constructor(dataDir: string) {
    super(`Another process is using the data directory ${dataDir}. Stop it, or change DATA_DIR.`)
  }
}

/** Locks the directory. The kernel frees the lock when the process ends, even after a crash. */
const lockDirectory = (dataDir: string): DatabaseSync => {
  const lock = new DatabaseSync(join(dataDir, 'process.lock'))
  try {
    lock.exec(
      'PRAGMA busy_timeout=0; PRAGMA locking_mode=EXCLUSIVE; PRAGMA journal_mode=DELETE; BEGIN EXCLUSIVE',
    )
  } catch (error) {
    lock.close()
    if (error instanceof Error && /locked|busy/i.test(error.message)) {
      throw new DataDirInUse(dataDir)
    }
    throw error
  }
  return lock
}

const INT8 = 20
const BYTEA = 17

const startLite = async (dataDir: string): Promise<PGlite> => {
  const fs = new DurableNodeFS(join(dataDir, 'pgdata'))
  const lite = await PGlite.create({
    fs,
    startParams: START_PARAMS,
    // The same types as with `pg`: int8 as text, bytea as Buffer.
    parsers: { [INT8]: (text) => text, [BYTEA]: (text) => Buffer.from(text.slice(2), 'hex') },
    // Bytes are sent as a binary parameter. The declared type allows only text, but the code that
    // writes the protocol accepts both.
    serializers: { [BYTEA]: (bytes: Uint8Array) => bytes as unknown as string },
  })
  await lite.exec('create schema if not exists guard')
  await lite.exec(
    'create table if not exists guard.sync_proof (one int primary key, at timestamptz)',
  )
  const before = fs.syncs
  await lite.exec(
    'insert into guard.sync_proof values (1, now()) on conflict (one) do update set at = excluded.at',
  )
  if (fs.syncs === before) {
    await lite.close()
    throw new Error('A commit of the embedded database called no fsync. The gateway stops.')
  }
  return lite
}

type Queryable = Pick<PGliteInterface, 'query'>

/**
 * Gives the event loop a turn after every statement, because PGlite computes in this thread. Also
 * turns errors into those of the store.
 */
const polite = (target: Queryable): Queryable => ({
  query: async (text, params, options) => {
    try {
      return await target.query(text, params, options)
    } catch (error) {
      throw sqlFailure(error)
    } finally {
      await yieldToLoop()
    }
  },
})

const forKysely = (lite: PGlite): PGliteDialectConfig['pglite'] => {
  const wrapped = {
    close: () => lite.close(),
    get closed() {
      return lite.closed
    },
    get ready() {
      return lite.ready
    },
    waitReady: lite.waitReady,
    ...polite(lite),
    transaction: <T>(work: (tx: Queryable) => Promise<T>) =>
      lite.transaction((tx: Transaction) => work(polite(tx))),
  }
  return wrapped as unknown as PGliteDialectConfig['pglite']
}

/**
 * Sends one statement as messages of the protocol. PGlite's own function makes six calls for a
 * statement and copies large bytes five times. The transaction keeps other statements out.
 */
const createWriteBytes = (lite: PGlite, hasRoom: () => boolean): Database['writeBytes'] => {
  const writer = createMessageWriter()
  return async ({ sql, parameters }: CompiledQuery) => {
    if (!hasRoom()) throw new StorageFull()
    try {
      await lite.transaction(() =>
        lite.runExclusive(() =>
          lite.execProtocol(writer.statement(sql, parameters as readonly WireValue[])),
        ),
      )
    } catch (error) {
      throw sqlFailure(error)
    } finally {
      await yieldToLoop()
    }
  }
}

/**
 * Opens PGlite in `dataDir` for this process alone. Locks the directory, proves by a commit that
 * fsync works, and runs maintenance every minute. Throws `DataDirInUse` immediately if another
 * process has the directory. Throws `ClusterMissing` if the directory held a database that is now
 * gone or incomplete. Throws a plain error if less than 64 MiB of the disk are free, and a
 * `SqlFailure` if a commit does not reach fsync.
 */
export const openEmbedded = async (deps: {
  dataDir: string
  clock: Clock
  emit: Emit
}): Promise<Database> => {
  makeDirectory(deps.dataDir, 0o700)
  const hasRoom = createRoomCheck(deps.dataDir)
  if (!hasRoom()) {
    throw new Error(
      `The disk of DATA_DIR ${deps.dataDir} has less than 64 MiB free. Free some space and start again.`,
    )
  }
  const lock = lockDirectory(deps.dataDir)
  let lite: PGlite
  try {
    await ensureCluster(deps.dataDir)
    lite = await startLite(deps.dataDir).catch((error: unknown) => {
      throw sqlFailure(error)
    })
  } catch (error) {
    lock.close()
    throw error
  }
  const run = polite(lite)
  const executeSql = async (text: string, values: unknown[] = []): Promise<{ rows: unknown[] }> => {
    if (values.length > 0) return run.query(text, values)
    try {
      const script = lite.exec(text)
      // A script that fails leaves its transaction open on the only session. The rollback is queued
      // right behind the script: otherwise a transaction that waits would come first, and its BEGIN
      // would fail. After a script that has ended its transaction, the rollback does nothing.
      const rollback = /^\s*begin\b/i.test(text) ? lite.exec('rollback') : null
      const [results] = await Promise.all([script, rollback])
      return { rows: results.flatMap((result) => result.rows) }
    } catch (error) {
      throw sqlFailure(error)
    } finally {
      await yieldToLoop()
    }
  }
  const maintenance = runMaintenance({ sql: { executeSql }, clock: deps.clock, emit: deps.emit })
  const db = new Kysely<unknown>({ dialect: new PGliteDialect({ pglite: forKysely(lite) }) })
  return {
    kind: 'embedded',
    db,
    sql: { executeSql },
    writeBytes: createWriteBytes(lite, hasRoom),
    // A binary COPY, because PGlite reads the results of a SELECT as text, which needs twice the
    // bytes.
    readBytes: async (select, take) => {
      const { blob } = await run.query(`copy (${select}) to '/dev/blob' (format binary)`)
      createCopiedRows(take)(Buffer.from(await blob!.arrayBuffer()))
    },
    listen: null,
    hasRoom,
    close: async () => {
      await maintenance.stop()
      if (!lite.closed) await lite.close()
      lock.close()
    },
  }
}
