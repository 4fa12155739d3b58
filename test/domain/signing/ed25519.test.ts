import assert from 'node:assert/strict'
import { test } from 'node:test'

import { isSignatureOf, pairOfSeed, pemOf, signText } from '../../../src/domain/signing/ed25519.ts'

/** From RFC 8032, 7.1, test 1. */
const SEED = Buffer.from('9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60', 'hex')
const PUBLIC = 'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a'

test('A seed gives the public key that RFC 8032 says', () => {
  assert.equal(pairOfSeed(SEED).publicKey.toString('hex'), PUBLIC)
  assert.match(
    pemOf(Buffer.from(PUBLIC, 'hex')),
    /^-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA11qY/u,
  )
})

test('A signature holds for its text, its purpose and its key alone', () => {
  const { privateKey, publicKey } = pairOfSeed(SEED)
  const other = pairOfSeed(Buffer.alloc(32, 1)).publicKey
  const signature = signText(privateKey, 'audit-block', '{"a":1}')
  const holds = (
    key: Buffer,
    purpose: 'audit-block' | 'scrub-certificate',
    text: string,
  ): boolean => isSignatureOf(key, { purpose, text, signature })
  assert.equal(holds(publicKey, 'audit-block', '{"a":1}'), true)
  assert.equal(holds(publicKey, 'audit-block', '{"a":2}'), false)
  assert.equal(holds(publicKey, 'scrub-certificate', '{"a":1}'), false)
  assert.equal(holds(other, 'audit-block', '{"a":1}'), false)
})
