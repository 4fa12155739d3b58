import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { subjectDigest } from '../../../src/domain/do-not-call/subject.ts'
import type { NewChunk } from '../../../src/domain/uploads/chunk.ts'
import { createRunIntake } from '../../../src/intake/run-intake.ts'
import { DIGEST_BYTES } from '../../../src/lib/keyed-digest.ts'
import { bodyOf, KEY, specOf } from '../../intake/taken.ts'

const chunkOf = async (address: string, plainRows: boolean): Promise<NewChunk> => {
  const chunks: NewChunk[] = []
  // The first row of a file is never taken from its bytes.
  const file = `contactId,name,phone,email\nA-0,Bo,+14155552671,\nA-1,Anna,,${address}\n`
  await createRunIntake({ plainRows })(bodyOf(file), specOf(), {
    take: async (chunk) => void chunks.push(chunk),
    idDigests: async function* () {
      for (const { idDigests } of chunks) yield idDigests
    },
  })
  return chunks[0]!
}

// The gateway itself puts `'` before such an address when it shows the ledger to a spreadsheet. The
// fast way through the rows took the guard for a part of the address, so a do-not-call entry for
// the address did not suppress the contact.
describe('An address behind the guard of a spreadsheet', () => {
  for (const plainRows of [true, false]) {
    for (const address of ['+ann@example.com', '-ann@example.com', '=ann@example.com']) {
      it(`is the address of its entry: ${address} (rows from bytes: ${plainRows})`, async () => {
        const { subjectDigests, text } = await chunkOf(`'${address}`, plainRows)
        assert.deepEqual(subjectDigests.subarray(-DIGEST_BYTES), subjectDigest(KEY, address))
        assert.equal(Buffer.from(text).toString().split('\0').at(-2), address)
      })
    }
    it(`keeps an apostrophe that is no guard (rows from bytes: ${plainRows})`, async () => {
      const { subjectDigests } = await chunkOf("'ann@example.com", plainRows)
      assert.deepEqual(
        subjectDigests.subarray(-DIGEST_BYTES),
        subjectDigest(KEY, "'ann@example.com"),
      )
    })
  }
})
