import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { textOfCells } from '../../../src/domain/uploads/chunk.ts'
import {
  createContentHashes,
  createTextContentHashes,
} from '../../../src/workflows/delivery/content-hashes.ts'

const hash = createContentHashes(Buffer.alloc(32, 7))
const COLUMNS = ['contactId', 'name', 'phone']
const chunk = {
  width: 3,
  contactIds: ['c1', 'c2'],
  cells: ['c1', 'Ann', '+14155552671', 'c2', 'Jürgen', ''],
}

describe('content hashes', () => {
  it('are the bytes that registers have held since the first version', () => {
    assert.equal(
      hash(chunk, COLUMNS).toString('hex'),
      'd88f049bf41b6654cf90e59d624146dda3122c76a286218dedbc11493b966881',
    )
  })

  it('are the same from the bytes of a chunk, wherever these end', () => {
    const cells = { ...chunk, cells: ['c1', 'Ann', '+1', 'c2', 'Jürgen 太郎 '.repeat(40), ''] }
    const text = textOfCells(cells)
    const roomy = Buffer.concat([Buffer.from('before'), text, Buffer.from('after')])
    for (const bytes of [new Uint8Array(text), roomy.subarray(6, 6 + text.length)]) {
      const made = createTextContentHashes(Buffer.alloc(32, 7))(
        { width: 3, lines: Uint32Array.of(2, 3), text: bytes },
        COLUMNS,
      )
      assert.deepEqual(made, hash(cells, COLUMNS))
    }
  })

  it('differ when a cell, the border between two cells, a column name or the key differs', () => {
    const first = (cells: string[], columns = COLUMNS, key = 7) =>
      createContentHashes(Buffer.alloc(32, key))(
        { width: 3, contactIds: ['c1'], cells },
        columns,
      ).toString('hex')
    const different = [
      first(['c1', 'Ann', '']),
      first(['c1', 'Ann', 'x']),
      first(['c1', 'An', 'n']),
      first(['c1', 'Ann', ''], ['contactId', 'name', 'tel']),
      first(['c1', 'Ann', ''], COLUMNS, 8),
    ]
    assert.equal(new Set(different).size, different.length)
  })

  it('are none for a chunk without contacts', () => {
    assert.equal(hash({ width: 3, contactIds: [], cells: [] }, COLUMNS).length, 0)
  })
})
