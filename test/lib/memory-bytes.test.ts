import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import fc from 'fast-check'

import { bytesOf, createJoinedBytes } from '../../src/lib/memory-bytes.ts'

describe('Joined bytes', () => {
  it('are all bytes that were added since they were taken last, in order', () => {
    const pieces = fc.array(fc.uint8Array({ maxLength: 50 }), { maxLength: 20 })
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 5 }), (rounds) => {
        const joined = createJoinedBytes()
        for (const round of rounds) {
          for (const piece of round) joined.add(piece)
          assert.deepEqual(joined.take(), Buffer.concat(round))
        }
      }),
    )
  })
})

describe('The bytes of a typed array', () => {
  it('are its part of the memory, lowest byte first', () => {
    const numbers = Uint32Array.of(1, 0x04_03_02_01, 2).subarray(1, 2)
    assert.deepEqual(bytesOf(numbers), Buffer.of(1, 2, 3, 4))
  })
})
