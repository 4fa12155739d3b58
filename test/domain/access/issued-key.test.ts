import assert from 'node:assert/strict'
import { test } from 'node:test'

import { keyOfBytes, prefixOfKey } from '../../../src/domain/access/issued-key.ts'
import { sha256 } from '../../../src/lib/digest.ts'

test('a key contains all its random bits, and a checksum that lets a scanner recognise the key', () => {
  const random = Buffer.from(Array.from({ length: 32 }, (_, index) => index * 7))
  const key = keyOfBytes(random)
  const [, bits, checksum] = /^ogw_([\w-]{43})([\w-]{6})$/u.exec(key)!
  assert.deepEqual(Buffer.from(bits!, 'base64url'), random)
  assert.equal(checksum, sha256(`ogw_${bits}`).toString('base64url').slice(0, 6))
  assert.notEqual(keyOfBytes(Buffer.alloc(32, 1)), key)
})

test('what is shown of a key is too little to guess it by', () => {
  const key = keyOfBytes(Buffer.alloc(32, 9))
  assert.ok(key.startsWith(prefixOfKey(key)))
  assert.equal(prefixOfKey(key).length, 12)
})
