import assert from 'node:assert/strict'
import { test } from 'node:test'

import { isBlank, trimUnseen, withoutUnseen } from '../../../src/domain/text/unseen-characters.ts'

test('a cell of nothing but white space and what does not show is an empty one', () => {
  for (const text of ['', ' ', '\u00a0\t', '\u200b', ' \ufeff\u3164 ', '\u2800', '\u202e\u202c']) {
    assert.equal(isBlank(text), true, JSON.stringify(text))
  }
  for (const text of ['x', '\u200bx', '-', '\u0301']) assert.equal(isBlank(text), false)
})

test('what does not show is taken off at the ends or everywhere, and a state is never kept', () => {
  for (let time = 0; time < 3; time += 1) {
    assert.equal(trimUnseen('\u200b a\u200bb \ufe0f'), 'a\u200bb')
    assert.equal(withoutUnseen('\u200ba\u200bb'), 'ab')
    assert.equal(trimUnseen('\u200b'), '')
    assert.equal(isBlank('\u200b'), true)
  }
})
