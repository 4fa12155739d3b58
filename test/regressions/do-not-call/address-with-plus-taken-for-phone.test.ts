import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { numberOfSubject, subjectDigest } from '../../../src/domain/do-not-call/subject.ts'
import type { NewChunk } from '../../../src/domain/uploads/chunk.ts'
import { createRunIntake } from '../../../src/intake/run-intake.ts'
import { bodyOf, KEY, specOf } from '../../intake/taken.ts'

const ADDRESS = '+123.Foo@example.com'
// The first row of a file is never taken from its bytes.
const FIRST = '+14155550100'
const FILE = `contactId,name,phone,email\nA-0,Ann,${FIRST},\nA-1,Anna,,${ADDRESS}\n`

const chunkOfFile = async (plainRows: boolean): Promise<NewChunk> => {
  const chunks: NewChunk[] = []
  await createRunIntake({ plainRows })(bodyOf(FILE), specOf(), {
    take: async (chunk) => void chunks.push(chunk),
    idDigests: async function* () {
      for (const { idDigests } of chunks) yield idDigests
    },
  })
  return chunks[0]!
}

describe('An address that begins with a plus sign', () => {
  for (const plainRows of [true, false]) {
    it(`has the digest of its do-not-call entry, and no number (rows from bytes: ${plainRows})`, async () => {
      const { subjectDigests, subjectNumbers } = await chunkOfFile(plainRows)
      const both = [FIRST, ADDRESS.toLowerCase()].map((subject) => subjectDigest(KEY, subject))
      assert.deepEqual(subjectDigests, Buffer.concat(both))
      assert.deepEqual(subjectNumbers, Float64Array.of(14_155_550_100, 0))
    })
  }

  it('is no number of a registry', () => {
    assert.equal(numberOfSubject(ADDRESS), 0)
    assert.equal(numberOfSubject('+14155550101'), 14_155_550_101)
  })
})
