import { hasBit } from '../../../lib/bitmap.ts'
import { seededRandom } from '../../../lib/seeded-random.ts'
import type { Asking, ReconcileDeps } from './asking.ts'

/** The most chunks from which the rows come. Each chunk is read and decrypted as a whole. */
const MOST_CHUNKS = 10
/** How many rows of a chunk are looked up in the register to find the sample. */
const CANDIDATES = 200

/**
 * A row with the cells that Genesys should show. As far as the gateway knows, Genesys holds the
 * contact of the row.
 */
export type SampleRow = { contactId: string; contentHash: Buffer; cells: string[] }

/** Chooses at most `most` of the items, by `random`. */
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
 * The rows whose content is still the content in the register. For such a row, no later upload has
 * changed the contact, the register entry is not in doubt, and the list was not replaced.
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
 * Chooses at most `most` rows of the upload. The choice is the same for each check, as long as no
 * other upload has changed these contacts.
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
