import type { NewDncChunk } from '../../domain/do-not-call/dnc-chunk.ts'
import type { DncSubmission } from '../../domain/do-not-call/dnc-submission.ts'
import { DIGEST_BYTES } from '../../lib/keyed-digest.ts'
import type { DncSubmissionStore } from '../ports/do-not-call/submissions.ts'

const without = (chunk: NewDncChunk, places: ReadonlySet<number>): NewDncChunk => {
  const kept = [...chunk.entries.keys()].filter((place) => !places.has(place))
  const out = [...places].map((place) => {
    const { line, cells } = chunk.entries[place]!
    return { line, code: 'override-needed' as const, column: null, cells: [...cells] }
  })
  return {
    ...chunk,
    entries: kept.map((place) => chunk.entries[place]!),
    rejected: [...chunk.rejected, ...out].toSorted((a, b) => a.line - b.line),
    subjects: Buffer.concat(
      kept.map((place) =>
        chunk.subjects.subarray(place * DIGEST_BYTES, (place + 1) * DIGEST_BYTES),
      ),
    ),
  }
}

/**
 * Rejects, chunk by chunk, the removals of entries with a regulatory reason. Only a call with
 * `override` may end such entries. `rejected` returns how many were rejected.
 */
export const sparingRegulatory = (
  { heldByRegulatory }: Pick<DncSubmissionStore, 'heldByRegulatory'>,
  about: Pick<DncSubmission, 'tenantId' | 'dncListId'>,
) => {
  let rejected = 0
  return {
    rejected: () => rejected,
    spare: async (chunk: NewDncChunk): Promise<NewDncChunk> => {
      if (chunk.entries.length === 0) return chunk
      const places = await heldByRegulatory(about, chunk)
      rejected += places.length
      return places.length === 0 ? chunk : without(chunk, new Set(places))
    },
  }
}
