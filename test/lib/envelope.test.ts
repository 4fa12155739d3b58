import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { zstdCompressSync } from 'node:zlib'

import { createPack, newKey, seal, sealingKey, unpack } from '../../src/lib/envelope.ts'

const KEY = sealingKey(newKey())

describe('sealed data', () => {
  it('opens at any size, but only in the place for which it was sealed', async () => {
    const pack = createPack()
    for (const bytes of [0, 1, 1023, 1024, 1025, 300_000]) {
      const plain = Buffer.alloc(bytes, 'contact ')
      const packed = await pack(KEY, 'here', plain)
      assert.ok((await unpack(KEY, 'here', packed)).equals(plain), `${bytes} bytes`)
      await assert.rejects(() => unpack(KEY, 'there', packed))
    }
  })

  it('opens as it did when everything was compressed', async () => {
    const plain = Buffer.from('one contact')
    const packed = seal(KEY, 'here', zstdCompressSync(plain))
    assert.ok((await unpack(KEY, 'here', packed)).equals(plain))
  })

  it('has a nonce of its own each time', () => {
    const nonces = Array.from({ length: 1000 }, () =>
      seal(KEY, 'here', Buffer.of(1)).subarray(0, 12).toString('hex'),
    )
    assert.equal(new Set(nonces).size, nonces.length)
  })
})
