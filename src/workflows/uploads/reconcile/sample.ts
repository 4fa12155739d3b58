import { hasBit } from '../../../lib/bitmap.ts'
import { seededRandom } from '../../../lib/seeded-random.ts'
import type { Asking, ReconcileDeps } from './asking.ts'

/** Chunks that the rows are taken from: each is opened whole. */
const MOST_CHUNKS = 10
/** Rows of a chunk asked of the register before it has shown enough. */
const CANDIDATES = 200

/** A row that Genesys holds to our knowledge, and what it should show. */
export type SampleRow = { contactId: string; contentHash: Buffer; cells: string[] }

/** Up to `most` of `items`, chosen by `random`. */
export const picked = <T>(random: () => number, items: readonly T[], most: number): T[] => {
  const left = [...items]
  const chosen: T[] = []
  while (chosen.length < most && left.length > 0) {
    const at = Math.floor(random() * left.length)
    chosen.push(left[at]!)
    left[at] = left.at(-1)!
    left.pop()
  }
  return chosen
}

/**
 * The rows whose content is still the one in the register: not sent again by a later upload, not in
 * doubt, and not of a list that was replaced.
 */
export const stillKnown = async (
  { delivery }: Pick<ReconcileDeps, 'delivery'>,
  { upload }: Asking,
  rows: readonly SampleRow[],
): Promise<SampleRow[]> => {
  if (rows.length === 0) return []
  const ids = rows.map(({ contactId }) => contactId)
  const { known } = await delivery.registered(upload.tenantId, upload.contactListId, ids)
  return rows.filter(
    ({ contactId, contentHash }) => known.get(contactId)?.contentHash.equals(contentHash) === true,
  )
}

/**
 * At most `most` rows. The same upload gives the same rows as long as nothing else changes them.
 */
export const sampleOf = async (
  deps: ReconcileDeps,
  asking: Asking,
  most: number,
): Promise<SampleRow[]> => {
  const { upload, seed } = asking
  const random = seededRandom(seed)
  const seqs = picked(random, await deps.delivery.chunkSeqs(upload.id), MOST_CHUNKS)
  const sample: SampleRow[] = []
  for (const [index, seq] of seqs.entries()) {
    const share = Math.ceil((most - sample.length) / (seqs.length - index))
    const chunk = await deps.uploads.readChunk(upload.id, seq)
    const hashes = deps.contentHashes(chunk, upload.targetColumns)
    const rows = [...chunk.contactIds.keys()].filter((row) => !hasBit(chunk.leftOut, row))
    const candidates = picked(random, rows, CANDIDATES).map((row) => ({
      contactId: chunk.contactIds[row]!,
      contentHash: hashes.subarray(row * 16, row * 16 + 16),
      cells: chunk.cells.slice(row * chunk.width, (row + 1) * chunk.width),
    }))
    sample.push(...(await stillKnown(deps, asking, candidates)).slice(0, share))
  }
  return sample
}
