import type { KeyObject } from 'node:crypto'

import type { DncChunk } from '../../domain/do-not-call/dnc-chunk.ts'
import type { SubjectKind } from '../../domain/do-not-call/dnc-entry.ts'
import { createPack, unpack } from '../../lib/envelope.ts'

const contextOf = (submissionId: string, seq: number): string => `${submissionId}:${seq}`

/** The number that the database stores for each kind of subject. */
export const SUBJECT_KINDS = { phone: 1, email: 2 } as const satisfies Record<SubjectKind, number>

/**
 * The packed form of a chunk. Each member is one array over all entries, so that member names are
 * not repeated for each entry.
 */
type Packed = Pick<DncChunk, 'firstLine' | 'lastLine' | 'terms' | 'rejected'> & {
  lines: number[]
  cells: (readonly string[])[]
  subjects: string[]
  kinds: string
  termsOf: number[]
  quarantined: number[]
}

const packedOf = ({ firstLine, lastLine, terms, rejected, entries }: DncChunk): Packed => ({
  ...{ firstLine, lastLine, terms, rejected },
  lines: entries.map(({ line }) => line),
  cells: entries.map(({ cells }) => cells),
  subjects: entries.map(({ subject }) => subject),
  kinds: entries.map(({ kind }) => (kind === 'phone' ? 'p' : 'e')).join(''),
  termsOf: entries.map((entry) => entry.terms),
  quarantined: [...entries.keys()].filter((place) => entries[place]!.quarantined),
})

/**
 * Returns a function that seals chunks under the key of their submission. The seal binds a chunk to
 * its submission and its place. Do not call the function again before the last call has ended.
 */
export const createPackChunk = () => {
  const pack = createPack()
  return (key: KeyObject, submissionId: string, chunk: DncChunk): Promise<Buffer> =>
    pack(key, contextOf(submissionId, chunk.seq), Buffer.from(JSON.stringify(packedOf(chunk))))
}

/**
 * Opens a chunk that `createPackChunk` has sealed. Throws if it was sealed with another key, or for
 * another submission or another `seq`.
 */
export const openChunk = async (
  key: KeyObject,
  submissionId: string,
  seq: number,
  payload: Buffer,
): Promise<DncChunk> => {
  const plain = await unpack(key, contextOf(submissionId, seq), payload)
  const packed = JSON.parse(plain.toString()) as Packed
  const { firstLine, lastLine, terms, rejected } = packed
  const quarantined = new Set(packed.quarantined)
  const entries = packed.lines.map((line, place) => ({
    line,
    cells: packed.cells[place]!,
    kind: packed.kinds[place] === 'p' ? ('phone' as const) : ('email' as const),
    subject: packed.subjects[place]!,
    terms: packed.termsOf[place]!,
    quarantined: quarantined.has(place),
  }))
  return { seq, firstLine, lastLine, terms, entries, rejected }
}
