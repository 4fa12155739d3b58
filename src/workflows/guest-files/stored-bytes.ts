import { createHash } from 'node:crypto'

import type { FileRun } from './guest-file-run.ts'

/**
 * The stored bytes of the file, to be read once, a piece in memory at a time. The last piece comes
 * only when all of them are known to be those that were sent; otherwise `pieces` throws. Whoever is
 * given `pieces` may hide that behind a failure of its own: `assertRead` throws it again.
 */
export const storedBytes = ({ deps, file }: Pick<FileRun, 'deps' | 'file'>) => {
  let failure: Error | null = null
  async function* checked(): AsyncGenerator<Buffer> {
    const sha256 = createHash('sha256')
    let last: Buffer | null = null
    for await (const piece of deps.files.pieces(file.id)) {
      sha256.update(piece)
      if (last !== null) yield last
      last = piece
    }
    if (last === null || sha256.digest('hex') !== file.sha256) {
      throw new Error(`the stored bytes of guest file ${file.id} are not those that were sent`)
    }
    yield last
  }
  async function* noted(): AsyncGenerator<Buffer> {
    try {
      yield* checked()
    } catch (error) {
      failure = error as Error
      throw error
    }
  }
  return {
    pieces: noted(),
    assertRead: (): void => {
      if (failure !== null) throw failure
    },
  }
}
