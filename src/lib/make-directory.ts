import { existsSync, mkdirSync, statSync } from 'node:fs'
import { dirname } from 'node:path'

const codeOf = (error: unknown): string | undefined => (error as NodeJS.ErrnoException).code

/**
 * Makes a directory and the missing directories above it. The mode of a directory that exists does
 * not change. Throws the error of the file system. Node's `recursive` is not used, because it never
 * returns for a directory that cannot be made, such as one under /proc.
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
