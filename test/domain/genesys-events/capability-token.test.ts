import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { test } from 'node:test'

import {
  capabilityToken,
  claimedPart,
  provesPart,
} from '../../../src/domain/genesys-events/capability-token.ts'

const SECRET = 'whsec_c2VjcmV0'
const TOKEN = capabilityToken(SECRET, 'prt_1', 'list-1')

test('a token names its part and carries 16 bytes of the HMAC over part and list', () => {
  const mac = createHmac('sha256', SECRET).update('prt_1\0list-1').digest().subarray(0, 16)
  assert.equal(TOKEN, `prt_1.${mac.toString('base64url')}`)
  assert.equal(claimedPart(TOKEN), 'prt_1')
  assert.equal(provesPart([SECRET], TOKEN, 'list-1'), true)
})

test('a token with one wrong character is not a proof, wherever the character is', () => {
  const alphabet = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.']
  for (let place = 0; place < TOKEN.length; place += 1) {
    for (const other of alphabet) {
      if (TOKEN[place] === other) continue
      const changed = TOKEN.slice(0, place) + other + TOKEN.slice(place + 1)
      assert.equal(provesPart([SECRET], changed, 'list-1'), false, changed)
    }
  }
})

test('a token is proof neither for another list, nor with another secret, nor in another form', () => {
  assert.equal(provesPart([SECRET], TOKEN, 'list-2'), false)
  assert.equal(provesPart(['other'], TOKEN, 'list-1'), false)
  assert.equal(provesPart([], TOKEN, 'list-1'), false)
  for (const form of ['', '.', 'prt_1', `${TOKEN} `, `${TOKEN}=`, ` ${TOKEN}`, `a.${TOKEN}`]) {
    assert.equal(provesPart([SECRET], form, 'list-1'), false, form)
    assert.equal(claimedPart(form), null, form)
  }
})

test('a token made with the older secret holds while both are known', () => {
  assert.equal(provesPart(['new', SECRET], TOKEN, 'list-1'), true)
})
