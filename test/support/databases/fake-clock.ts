import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const LIBRARIES = '/usr/lib'

/** For programs with threads; the other one serves those without as well. */
const findLibrary = (): string | undefined =>
  readdirSync(LIBRARIES)
    .map((name) => join(LIBRARIES, name, 'faketime', 'libfaketimeMT.so.1'))
    .find((path) => existsSync(path))

/**
 * Why no clock can be faked here; false where it can. With `CI=true` it is an error that it cannot.
 */
export const fakeClockSkip = (): string | false => {
  if (findLibrary() !== undefined) return false
  if (process.env['CI'] === 'true') throw new Error('libfaketime is not installed')
  return 'libfaketime is not installed'
}

/** The wall clock of a program that is started with `env`; its monotonic clock stays as it is. */
export type FakeClock = {
  env: Record<string, string>
  /** From now on it shows the true time and so many seconds. */
  set(offsetSeconds: number): void
  close(): void
}

export const createFakeClock = (): FakeClock => {
  const directory = mkdtempSync(join(tmpdir(), 'gateway-clock-'))
  const file = join(directory, 'offset')
  // Whoever the program runs as reads it.
  chmodSync(directory, 0o755)
  const set = (offsetSeconds: number): void =>
    writeFileSync(file, `${offsetSeconds < 0 ? '' : '+'}${offsetSeconds}\n`)
  set(0)
  return {
    env: {
      LD_PRELOAD: findLibrary() ?? '',
      FAKETIME_TIMESTAMP_FILE: file,
      FAKETIME_NO_CACHE: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
      DONT_FAKE_MONOTONIC: '1',
      NO_FAKE_STAT: '1',
    },
    set,
    close: () => rmSync(directory, { recursive: true, force: true }),
  }
}
