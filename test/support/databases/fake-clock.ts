import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as after } from 'node:timers/promises'

import pg from 'pg'

import type { StoreHome } from '../../../src/store/homes/open-store.ts'

const LIBRARIES = '/usr/lib'

/** The library for programs with threads. It works for programs without threads too. */
const findLibrary = (): string | undefined =>
  readdirSync(LIBRARIES)
    .map((name) => join(LIBRARIES, name, 'faketime', 'libfaketimeMT.so.1'))
    .find((path) => existsSync(path))

/** Why no clock can be faked here. false: it can. If `CI=true`, throws an error where it cannot. */
export const fakeClockSkip = (): string | false => {
  if (findLibrary() !== undefined) return false
  if (process.env['CI'] === 'true') throw new Error('libfaketime is not installed')
  return 'libfaketime is not installed'
}

/**
 * The wall clock of a program that is started with `env`. The program's monotonic clock does not
 * change.
 */
export type FakeClock = {
  env: Record<string, string>
  /** From now on, or within a second, the clock shows the true time plus this many seconds. */
  set(offsetSeconds: number): void
  close(): void
}

/**
 * `atOnce`: every program reads the offset at every call, so that all programs always agree. The
 * price: libfaketime then allocates memory in PostgreSQL's signal handlers too. A backend that is
 * allocating at that moment aborts, which restarts the server, so use `whileServerStands`. Default:
 * programs read the offset once a second, and nothing aborts.
 */
export const createFakeClock = ({ atOnce = false } = {}): FakeClock => {
  const directory = mkdtempSync(join(tmpdir(), 'gateway-clock-'))
  const file = join(directory, 'offset')
  // Any user can read it, because the program may run as another user.
  chmodSync(directory, 0o755)
  const set = (offsetSeconds: number): void =>
    writeFileSync(file, `${offsetSeconds < 0 ? '' : '+'}${offsetSeconds}\n`)
  set(0)
  return {
    env: {
      LD_PRELOAD: findLibrary() ?? '',
      FAKETIME_TIMESTAMP_FILE: file,
      ...(atOnce ? { FAKETIME_NO_CACHE: '1' } : { FAKETIME_CACHE_DURATION: '1' }),
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
      DONT_FAKE_MONOTONIC: '1',
      NO_FAKE_STAT: '1',
    },
    set,
    close: () => rmSync(directory, { recursive: true, force: true }),
  }
}

const STARTING = '57P03'

/** A fresh home. Waits for the server if it has just restarted. */
const freshOnceUp = async (fresh: () => Promise<StoreHome>): Promise<StoreHome> => {
  for (;;) {
    try {
      return await fresh()
    } catch (error) {
      if ((error as { code?: string }).code !== STARTING) throw error
      await after(100)
    }
  }
}

/**
 * Runs a test on a server home. If the server itself restarted meanwhile, a failure says nothing
 * about the gateway. In that case the test runs again, three times at most.
 */
export const whileServerStands = async (
  fresh: () => Promise<StoreHome>,
  run: (home: StoreHome) => Promise<void>,
): Promise<void> => {
  for (let tries = 1; ; tries += 1) {
    const home = await freshOnceUp(fresh)
    if (home.kind !== 'server') throw new Error('The home is not on a server')
    const witness = new pg.Client({ connectionString: home.url })
    let restarted = false
    witness.on('error', () => {
      restarted = true
    })
    await witness.connect()
    try {
      await run(home)
      return
    } catch (error) {
      if (!restarted || tries === 3) throw error
    } finally {
      await witness.end().catch(() => undefined)
    }
  }
}
