import assert from 'node:assert/strict'
import { describe, test } from 'node:test'

import fc from 'fast-check'

import { createDigestTable, ENTRY_BYTES } from '../../../src/lib/digests/digest-table.ts'
import { wordsOf } from '../../../src/lib/keyed-digest.ts'

const digest = fc.uint8Array({ minLength: 16, maxLength: 16 })
const entries = fc.uniqueArray(fc.tuple(digest, digest), {
  selector: ([key]) => Buffer.from(key).toString('hex'),
  maxLength: 200,
})

describe('A table of digests', () => {
  test('finds what was added, however its pieces are cut, and nothing else', () => {
    fc.assert(
      fc.property(entries, fc.array(digest), fc.nat(), (added, others, cut) => {
        const table = createDigestTable(added.length)
        const middle = added.length === 0 ? 0 : cut % added.length
        for (const piece of [added.slice(0, middle), added.slice(middle)]) {
          // One byte before the entries: they begin at an odd address.
          table.add(Buffer.concat([Buffer.alloc(1), ...piece.flat()]).subarray(1))
        }
        const known = new Map(
          added.map(([key, value], place) => [Buffer.from(key).toString('hex'), { place, value }]),
        )
        const asked = [...added.map(([key]) => key), ...others]
        const places = table.placesOf(Buffer.concat([Buffer.alloc(1), ...asked]).subarray(1))
        for (const [index, key] of asked.entries()) {
          const expected = known.get(Buffer.from(key).toString('hex'))
          assert.equal(places[index], expected?.place ?? -1)
          if (expected === undefined) continue
          const values = wordsOf(Buffer.concat([key, expected.value]))
          assert.equal(table.hasValue(expected.place, values, 4), true)
          const isValue = Buffer.from(key).equals(expected.value)
          assert.equal(table.hasValue(expected.place, values, 0), isValue)
        }
      }),
    )
  })

  test('finds digests that share their first word', () => {
    const table = createDigestTable(64)
    const keyOf = (n: number): Buffer => Buffer.from([1, 2, 3, 4, ...Buffer.alloc(12, n)])
    const all = Array.from({ length: 64 }, (_, n) => keyOf(n))
    table.add(Buffer.concat(all.flatMap((key) => [key, Buffer.alloc(16, 9)])))
    assert.deepEqual([...table.placesOf(Buffer.concat(all))], [...all.keys()])
    assert.deepEqual([...table.placesOf(keyOf(64))], [-1])
  })

  test('refuses more entries than it was made for', () => {
    const table = createDigestTable(1)
    table.add(Buffer.alloc(ENTRY_BYTES, 1))
    assert.throws(() => table.add(Buffer.alloc(ENTRY_BYTES, 2)), RangeError)
  })
})
