import { createHash } from 'node:crypto'

import type { FileRun } from './guest-file-run.ts'

/**
 * The stored bytes of a file, to be read once, with one piece in memory at a time. Before `pieces`
 * yields the last piece, it compares the digest and throws if the bytes are not those that the
 * caller sent. A reader may replace this error with another error. `assertRead` throws the original
 * error.
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
