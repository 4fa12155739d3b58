import { subjectOf } from '../../domain/do-not-call/subject.ts'
import { createDigestBatch, DIGEST_BYTES } from '../../lib/keyed-digest.ts'
import {
  SuppressionUnknown,
  type SuppressionPort,
} from '../../workflows/ports/do-not-call/suppressions.ts'
import type { SuppressedAmong } from '../../workflows/ports/segments/segments.ts'

type Deps = { digestKey: Buffer; suppressions: Pick<SuppressionPort, 'suppressedAmong'> }

/** People who are looked up together: between two lots others have their turn. */
const LOT = 2_000

const countLot = async (
  { digestKey, suppressions }: Deps,
  contactListId: string,
  people: readonly (readonly string[])[],
): Promise<number> => {
  const batch = createDigestBatch(digestKey)
  const owners: number[] = []
  for (const [person, reachedBy] of people.entries()) {
    for (const value of reachedBy) {
      batch.add(subjectOf(value))
      owners.push(person)
    }
  }
  if (owners.length === 0) return 0
  const digests = batch.take()
  const found = await suppressions.suppressedAmong(contactListId, digests)
  const suppressed = owners.filter((_, at) =>
    found.has(digests.toString('latin1', at * DIGEST_BYTES, (at + 1) * DIGEST_BYTES)),
  )
  return new Set(suppressed).size
}

/** By the entries of every tenant that is granted the list, in the same way as for an upload. */
export const createSuppressedAmong =
  (deps: Deps): SuppressedAmong =>
  async (contactListId, people) => {
    try {
      let count = 0
      for (let from = 0; from < people.length; from += LOT) {
        count += await countLot(deps, contactListId, people.slice(from, from + LOT))
      }
      return count
    } catch (error) {
      if (error instanceof SuppressionUnknown) return null
      throw error
    }
  }
