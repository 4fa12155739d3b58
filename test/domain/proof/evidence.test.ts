import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import {
  between,
  cursorOfPlace,
  cutAfter,
  type EvidenceCode,
  inOrder,
  placeOfCursor,
} from '../../../src/domain/proof/evidence.ts'

const at = (second: number): string => new Date(second * 1_000).toISOString()
const item = (second: number, code: EvidenceCode = 'row-tried', id = 'a') => ({
  ...{ at: at(second), code, id },
})

describe('Evidence', () => {
  it('is in the order of time, and at one moment in that of cause and effect', () => {
    const mixed = [
      item(2, 'row-suppressed'),
      item(3),
      item(2, 'entry-accepted', 'b'),
      item(2, 'entry-accepted', 'a'),
      item(1),
    ]
    assert.deepEqual(
      inOrder(mixed).map((one) => [Date.parse(one.at) / 1_000, one.code, one.id]),
      [
        [1, 'row-tried', 'a'],
        [2, 'entry-accepted', 'a'],
        [2, 'entry-accepted', 'b'],
        [2, 'row-suppressed', 'a'],
        [3, 'row-tried', 'a'],
      ],
    )
  })

  it('has what is at its beginning, and not what is at its end', () => {
    const found = between([item(1), item(2), item(3)], at(1), at(3))
    assert.deepEqual(
      found.map((one) => one.at),
      [at(1), at(2)],
    )
  })

  it('is cut between moments alone', () => {
    const items = [item(1), item(2), item(2), item(2), item(3)]
    assert.equal(cutAfter(items, 1), at(2))
    assert.equal(cutAfter(items, 2), at(3))
    assert.equal(cutAfter(items, 4), at(3))
    assert.equal(cutAfter(items, 5), null)
    assert.equal(cutAfter(items.slice(0, 4), 2), null)
    assert.equal(cutAfter([], 1), null)
  })

  it('goes on where a cursor says, and nowhere else', () => {
    const uploadId = `upl_${'0f'.repeat(16)}`
    for (const afterUpload of ['', uploadId]) {
      for (const afterChunk of [null, { uploadId, seq: 0 }, { uploadId, seq: 9_999 }]) {
        const place = { at: at(5), afterUpload, afterChunk }
        assert.deepEqual(placeOfCursor(cursorOfPlace(place)), place)
      }
    }
    const made = (text: string): string => Buffer.from(text).toString('base64url')
    const wrong = ['', '2026-13-45T00:00:00.000Z ', `${at(1)} upl_1`, `${at(1)}  ${uploadId} x`]
    for (const cursor of ['x', ...wrong.map(made)]) {
      assert.equal(placeOfCursor(cursor), null)
    }
  })
})
