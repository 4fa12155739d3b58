import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'

/**
 * Returns the secret in the file. If there is no file, makes a secret and stores it there, readable
 * only by its owner (0600). `made`: this call made the secret, so the caller can show it once. If
 * two processes start together, only one can create the file, and both return its secret.
 */
export const keepSecret = (path: string, make: () => string): { secret: string; made: boolean } => {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  const secret = make()
  try {
    writeFileSync(path, `${secret}\n`, { mode: 0o600, flag: 'wx', flush: true })
    return { secret, made: true }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    return { secret: readFileSync(path, 'utf8').trim(), made: false }
  }
}
