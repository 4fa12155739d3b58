import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { describe, it } from 'node:test'

import { createDigestFilter } from '../../../src/lib/digests/digest-filter.ts'
import { DIGEST_BYTES } from '../../../src/lib/keyed-digest.ts'

const digestsOf = (from: number, to: number): Buffer =>
  Buffer.concat(
    Array.from({ length: to - from }, (_, at) =>
      createHash('sha256')
        .update(String(from + at))
        .digest()
        .subarray(0, DIGEST_BYTES),
    ),
  )

describe('A filter of digests', () => {
  it('knows every digest that was added, however its room grew', () => {
    const filter = createDigestFilter()
    filter.reserve(100)
    for (let from = 0; from < 30_000; from += 3_000) filter.add(digestsOf(from, from + 3_000))
    assert.equal(filter.held, 30_000)
    const all = digestsOf(0, 30_000)
    assert.deepEqual(filter.among(all), all)
  })

  it('takes few others for known, when its room is full too', () => {
    const filter = createDigestFilter()
    filter.reserve(16_384)
    filter.add(digestsOf(0, 16_384))
    const others = filter.among(digestsOf(100_000, 120_000)).length / DIGEST_BYTES
    assert.ok(others < 80, `${others} of 20,000`)
  })

  it('gives those that may be known in their order, from bytes that lie anywhere', () => {
    const filter = createDigestFilter()
    filter.add(digestsOf(0, 10))
    const asked = Buffer.concat([
      Buffer.of(1),
      digestsOf(500, 503),
      digestsOf(3, 5),
      digestsOf(503, 510),
    ]).subarray(1)
    assert.deepEqual(filter.among(asked), digestsOf(3, 5))
    assert.equal(createDigestFilter().among(asked).length, 0)
  })
})
