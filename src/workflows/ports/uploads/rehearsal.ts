import type { NewChunk } from '../../../domain/uploads/chunk.ts'

/**
 * Runs `work` with a function that stores chunks as `appendChunks` does, in an upload with this id
 * that is never staged. Deletes this upload and its chunks when `work` has ended or failed. After a
 * kill, they are deleted like those of any upload that was being received. `owner`: the id of this
 * process. Use it only on the embedded home, before the gateway listens: like any upload that is
 * being received, it counts for the quotas and the metrics of all instances.
 */
export type Rehearse = (
  about: { id: string; owner: string },
  work: (append: (chunks: readonly NewChunk[]) => Promise<void>) => Promise<void>,
) => Promise<void>
