import type { Chunk } from '../../domain/uploads/chunk.ts'
import { createDigestBatch } from '../../lib/keyed-digest.ts'

/** A digest of 16 bytes for each row: equal cells under equal column names give equal bytes, which is how the register knows content. */
export type ContentHashes = (
  chunk: Pick<Chunk, 'width' | 'contactIds' | 'cells'>,
  targetColumns: readonly string[],
) => Buffer

/** `digestKey` keys them; the register holds these bytes for years, so they must never change. */
export const createContentHashes =
  (digestKey: Uint8Array): ContentHashes =>
  ({ width, contactIds, cells }, targetColumns) => {
    const digests = createDigestBatch(digestKey, `content:${JSON.stringify(targetColumns)}`)
    for (let row = 0; row < contactIds.length; row += 1) {
      // Cells hold no NUL, which makes the joint text unambiguous.
      digests.add(cells.slice(row * width, (row + 1) * width).join('\0'))
    }
    return digests.take()
  }
