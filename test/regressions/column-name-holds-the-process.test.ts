import assert from 'node:assert/strict'
import { test } from 'node:test'

import { withoutUri } from '../../src/domain/phones/phone-text.ts'
import { comparedName } from '../../src/intake/columns/column-similarity.ts'

const DIGITS = '1'.repeat(1_000_000)

/**
 * A column name of a megabyte of digits followed by a letter was searched from each of its digits
 * to the end. So was a phone context of that length. For hours, the process answered no call.
 */
test('a name of a million digits that does not end in one is compared at once', () => {
  assert.equal(comparedName(`${DIGITS}a`).bare, `${DIGITS}a`)
  assert.equal(comparedName(`a${DIGITS}`).bare, 'a')
})

test('a phone context of a million digits that is none is refused at once', () => {
  assert.equal(withoutUri(`tel:5552671;phone-context=+${DIGITS}x`), null)
  assert.equal(withoutUri('tel:5552671;phone-context=+1-(415)'), '+1-(415)-5552671')
})
