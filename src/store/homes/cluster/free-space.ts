import { statfsSync } from 'node:fs'

/**
 * How much of the embedded database's disk must be free before new work is accepted. The log of
 * PostgreSQL grows by files of 16 MiB, and work that was accepted before needs space until it is
 * delivered.
 */
const LEAST_FREE_BYTES = 64 * 1024 * 1024

/**
 * Returns a function that says whether the file system of `directory` has space for new work. Each
 * call asks the operating system, which takes microseconds.
 */
export const createRoomCheck = (directory: string) => (): boolean => {
  const { bavail, bsize } = statfsSync(directory)
  return bavail * bsize >= LEAST_FREE_BYTES
}

/** Errors of the disk after which the database would repeat the same write forever. */
const BROKEN: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT', 'EIO', 'EROFS', 'EFBIG'])

/**
 * Runs a call of the database to the file system. If the disk has failed, ends the process
 * immediately. Everything that the database has confirmed is on the disk, and the next start
 * continues from there. A failed fsync must not be repeated. The operating system drops pages that
 * it could not write, and the second fsync would report these pages as written.
 */
export const endWhereBroken = <T>(call: () => T): T => {
  try {
    return call()
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? ''
    if (!BROKEN.has(code)) throw error
    const line = { level: 'fatal', event: 'store.write_failed', code }
    process.stderr.write(`${JSON.stringify(line)}\n`)
    process.exit(1)
  }
}
