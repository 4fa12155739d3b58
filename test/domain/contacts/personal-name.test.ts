import assert from 'node:assert/strict'
import { test } from 'node:test'

import { looksPersonal, shownName } from '../../../src/domain/contacts/personal-name.ts'

test('emails and phone numbers look personal, however they are written', () => {
  for (const name of [
    'ann@example.com',
    'Ann <ann@example.com>',
    '+14155550101',
    '(415) 555-0101',
    '415.555.0101 x12',
    'tel:+1-415-555-0101;ext=12',
    '5550101',
    '\u{ff0b}14155550101',
    '415\u{2011}555\u{2011}0101',
  ]) {
    assert.equal(looksPersonal(name), true, name)
    assert.equal(shownName(name), '(not shown)')
  }
})

test('names of columns do not, with digits or signs in them too', () => {
  for (const name of [
    'phone',
    'phone2',
    'Phone (home)',
    '@type',
    'a @ b',
    '2026',
    'hs_1079833243',
  ]) {
    assert.equal(looksPersonal(name), false, name)
    assert.equal(shownName(name), name)
  }
})
