import type { KeyObject } from 'node:crypto'

import type { DncChunk } from '../../domain/do-not-call/dnc-chunk.ts'
import type { SubjectKind } from '../../domain/do-not-call/dnc-entry.ts'
import { createPack, unpack } from '../../lib/envelope.ts'

const contextOf = (submissionId: string, seq: number): string => `${submissionId}:${seq}`

/** Kinds by the number under which they are stored. */
export const SUBJECT_KINDS = { phone: 1, email: 2 } as const satisfies Record<SubjectKind, number>

/**
 * The packed form: each member of all entries together, so that names are not written for each
 * entry.
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
 * Seals chunks under the key of their submission. The seal binds them to the submission and to
 * their place. One call at a time.
 */
export const createPackChunk = () => {
  const pack = createPack()
  return (key: KeyObject, submissionId: string, chunk: DncChunk): Promise<Buffer> =>
    pack(key, contextOf(submissionId, chunk.seq), Buffer.from(JSON.stringify(packedOf(chunk))))
}

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
