import type { NewChunk } from '../../../domain/uploads/chunk.ts'

/**
 * Runs `work` with a function that stores chunks as `appendChunks` does, in an upload with this id
 * that nobody sees. Deletes this upload and its chunks when `work` has ended or failed. `owner`:
 * the id of this process. The start uses a rehearsal to run the code that stores chunks before the
 * first file arrives.
 */
export type Rehearse = (
  about: { id: string; owner: string },
  work: (append: (chunks: readonly NewChunk[]) => Promise<void>) => Promise<void>,
) => Promise<void>
