import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'

/**
 * A secret that is made once and kept in a file only its owner can read (0600). `made`: this call
 * made it, so that the caller can print it just once. Two processes that start together agree on
 * one (exclusive create).
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
