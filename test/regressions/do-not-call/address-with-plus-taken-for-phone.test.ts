import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { numberOfSubject, subjectDigest } from '../../../src/domain/do-not-call/subject.ts'
import type { NewChunk } from '../../../src/domain/uploads/chunk.ts'
import { createRunIntake } from '../../../src/intake/run-intake.ts'
import { bodyOf, KEY, specOf } from '../../intake/taken.ts'

const ADDRESS = '+123.Foo@example.com'
const FILE = `contactId,name,phone,email\nA-1,Anna,,${ADDRESS}\n`

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
      assert.deepEqual(subjectDigests, subjectDigest(KEY, ADDRESS.toLowerCase()))
      assert.deepEqual(subjectNumbers, Float64Array.of(0))
    })
  }

  it('is no number of a registry', () => {
    assert.equal(numberOfSubject(ADDRESS), 0)
    assert.equal(numberOfSubject('+14155550101'), 14_155_550_101)
  })
})
