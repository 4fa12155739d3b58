import { existsSync, mkdirSync, statSync } from 'node:fs'
import { dirname } from 'node:path'

const codeOf = (error: unknown): string | undefined => (error as NodeJS.ErrnoException).code

/**
 * Makes a directory and those above it that are missing; one that is there stays as it is. Throws what the file system says. Node's own
 * `recursive` never ends where a directory can be asked for and not be made, as under /proc.
 */
export const makeDirectory = (path: string, mode: number): void => {
  try {
    mkdirSync(path, { mode })
  } catch (error) {
    const above = dirname(path)
    if (codeOf(error) === 'EEXIST' && statSync(path).isDirectory()) return
    if (codeOf(error) !== 'ENOENT' || existsSync(above)) throw error
    makeDirectory(above, mode)
    mkdirSync(path, { mode })
  }
}
