import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, type TestContext } from 'node:test'
import { promisify } from 'node:util'

import { systemClock } from '../../../src/lib/clock.ts'
import { createIds } from '../../../src/lib/ids.ts'
import { openEmbedded } from '../../../src/store/homes/embedded-home.ts'
import { migrate } from '../../../src/store/homes/migrate.ts'
import { openStore, type Store, type StoreHome } from '../../../src/store/homes/open-store.ts'
import { digestOfMigrations } from './migrations-digest.ts'
import {
  canRunPostgres,
  runOn,
  startPostgres,
  type PostgresServer,
  type ServerOptions,
} from './postgres-server.ts'

export const TEST_KEYS = [{ id: 'test', key: Buffer.alloc(32, 7) }]

/**
 * A place for stores. `fresh` makes one without rows (it may already have the schema), and `close`
 * removes all of them. Nothing is started before the first `fresh`, so that a file can declare all
 * of its tests before it waits for anything.
 */
export type TestHome = {
  kind: 'embedded' | 'server'
  /** For the `skip` of a suite: why this home cannot run here. false: it can. */
  skip: string | false
  fresh(): Promise<StoreHome>
  close(): Promise<void>
}

/**
 * A store on `home`, with real time and ids. The database may be a copy, whose clock no instance
 * has checked for long. So the clock is confirmed first.
 */
export const openTestStore = async (
  home: StoreHome,
  about: Partial<Pick<Parameters<typeof openStore>[0], 'registryRules' | 'clock'>> = {},
): Promise<Store> => {
  const store = await openStore({
    clock: systemClock,
    ...about,
    home,
    encryptionKeys: TEST_KEYS,
    ids: createIds({ clock: systemClock }),
    emit: () => {},
    publicUrl: 'https://gateway.example',
  })
  await store.clock.confirm()
  return store
}

/**
 * Checks the database's clock until the test ends, as every gateway does. If nobody checked it, a
 * lease that expired would pass to no other instance.
 */
export const lookAtClock = (test: TestContext, store: Store): void => {
  const ended = new AbortController()
  const keepLooking = async (): Promise<void> => {
    let before = performance.now()
    for (;;) {
      await systemClock.sleep(1_000, ended.signal)
      const startedAt = performance.now()
      const last = before
      await store.clock.look(() => performance.now() - last)
      before = startedAt
    }
  }
  const looking = keepLooking().catch((error: unknown) => {
    if (!ended.signal.aborted) throw error
  })
  // The store is closed after the test. A look must not be under way then.
  test.after(async () => {
    ended.abort()
    await looking
  })
}

const run = promisify(execFile)

const CACHE = new URL('../../../node_modules/.cache/outbound-gateway/', import.meta.url).pathname

/**
 * Initialising PGlite takes seconds, but copying a migrated directory does not. The copy is kept
 * until a migration changes.
 */
const embeddedTemplate = async (): Promise<string> => {
  const template = join(CACHE, `pglite-0.5.16-${await digestOfMigrations()}`)
  if (existsSync(template)) return template
  await mkdir(CACHE, { recursive: true })
  const making = await mkdtemp(join(CACHE, 'making-'))
  const database = await openEmbedded({ dataDir: making, clock: systemClock, emit: () => {} })
  await migrate(database.db)
  await database.close()
  await rm(join(making, 'process.lock'), { force: true })
  try {
    await rename(making, template)
  } catch {
    // Another test process has made the copy first.
    await rm(making, { recursive: true, force: true })
  }
  return template
}

export const embeddedHome = (): TestHome => {
  const made: string[] = []
  return {
    kind: 'embedded',
    skip: false,
    fresh: async () => {
      const template = await embeddedTemplate()
      const dataDir = await mkdtemp(join(tmpdir(), 'gateway-test-'))
      made.push(dataDir)
      // A cluster has 1,300 files. `cp` and `rm` take a tenth of the processor time that Node would
      // take.
      await run('cp', ['-a', `${template}/.`, dataDir])
      return { kind: 'embedded', dataDir }
    },
    close: async () => {
      if (made.length > 0) await run('rm', ['-rf', ...made])
    },
  }
}

/** The server home. If `CI=true`, throws an error where none can run. */
export const serverHome = (options: ServerOptions = {}): TestHome => {
  const skip = canRunPostgres() ? false : 'no PostgreSQL server can run here'
  if (skip !== false && process.env['CI'] === 'true') throw new Error(skip)
  const made: string[] = []
  let server: Promise<PostgresServer> | null = null
  return {
    kind: 'server',
    skip,
    fresh: async () => {
      const running = await (server ??= startPostgres(options))
      const name = `gateway_test_${process.pid}_${Date.now().toString(36)}_${made.length}`
      const template = running.migrated === undefined ? '' : ` template ${running.migrated}`
      await runOn(running.url, `create database ${name}${template}`)
      made.push(name)
      const url = new URL(running.url)
      url.pathname = `/${name}`
      return { kind: 'server', url: url.href }
    },
    close: async () => {
      const running = await server
      if (running === null) return
      for (const name of made)
        await runOn(running.url, `drop database if exists ${name} with (force)`)
      await running.stop()
    },
  }
}

/**
 * Declares the suite once for each home. A home that cannot run here is skipped with its name,
 * never silently.
 */
export const eachHome = (name: string, suite: (home: TestHome) => void): void => {
  for (const home of [embeddedHome(), serverHome()]) {
    describe(`${name}, on the ${home.kind} home`, { skip: home.skip }, () => {
      after(() => home.close())
      suite(home)
    })
  }
}
