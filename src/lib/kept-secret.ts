import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'

/**
 * Returns the secret in the file. If there is no file, makes a secret and stores it there, readable
 * only by its owner (0600). `made`: this call made the secret, so the caller can show it once. If
 * two processes start together, only one can create the file, and both return its secret. Throws if
 * the file is empty: a start that was interrupted, or had no space on the disk, may have left it.
 */
export const keepSecret = (path: string, make: () => string): { secret: string; made: boolean } => {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  const secret = make()
  try {
    writeFileSync(path, `${secret}\n`, { mode: 0o600, flag: 'wx', flush: true })
    return { secret, made: true }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    // This call has made the file, but there was no space for the secret.
    if (code === 'ENOSPC' || code === 'EDQUOT') rmSync(path, { force: true })
    if (code !== 'EEXIST') throw error
    const kept = readFileSync(path, 'utf8').trim()
    if (kept !== '') return { secret: kept, made: false }
    throw new Error(
      `${path} is empty. Restore it from a backup. If the gateway has never run with this directory, delete the file`,
      { cause: error },
    )
  }
}
