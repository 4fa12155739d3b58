import { statfsSync } from 'node:fs'

/**
 * What must be free beside the embedded database before anything new is accepted. PostgreSQL's log
 * alone grows by files of 16 MiB; what is accepted already is still delivered and written down in
 * this room.
 */
const LEAST_FREE_BYTES = 64 * 1024 * 1024

/**
 * Whether the file system of `directory` has room for new work. Read each time, which costs
 * microseconds.
 */
export const createRoomCheck = (directory: string) => (): boolean => {
  const { bavail, bsize } = statfsSync(directory)
  return bavail * bsize >= LEAST_FREE_BYTES
}

/**
 * What a write of the database fails with when the disk has failed it: it would write the same
 * again and again, for ever.
 */
const BROKEN: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT', 'EIO', 'EROFS', 'EFBIG'])

/**
 * Ends the process immediately when a call of the database to the file system failed for good. What
 * it had acknowledged is on the disk, and the next start resumes from there. A failed fsync must
 * not be retried, because its pages count as written.
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
