import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import fc from 'fast-check'

import { PHONE_UNDECIDED } from '../../src/domain/phones/phone-direct.ts'
import { nationalDigitsOf } from '../../src/domain/phones/phone-plans.ts'
import {
  createPhoneReader,
  E164_LONGEST,
  PHONE_LONGEST,
} from '../../src/domain/phones/phone-reader.ts'
import type { PhoneTerms } from '../../src/domain/phones/phone-readings.ts'
import { holdsSeveral } from '../../src/domain/phones/phone-several.ts'
import { withoutDecimals } from '../../src/domain/phones/phone-text.ts'
import { directly } from '../../src/domain/phones/phone.ts'

const NUMBERS = [
  ...['(201) 555-0123', '2015550123', '415.555.2671', '+1 415 555 2671', '7412345'],
  ...['055 12 34', '05 08 41 23 45', '089 12345', '030/123456', '+49 30 123456', '01.42.27.81.00'],
]
const MARKS = ['', ' ', '  ', '-', ' -', ' - ', '.', '(', ' (', '[', ')', ']', '/', ' /', '+']
const ENDS = ['', '0', '00', '06', '15', '237', '555 0199', '415 555 0199', '(201) 555-0123']

const texts = fc
  .tuple(
    fc.constantFrom(...NUMBERS),
    fc.constantFrom(...MARKS),
    fc.constantFrom(...NUMBERS, ...ENDS),
  )
  .map((parts) => parts.join(''))
  .filter((text) => text.length <= PHONE_LONGEST)
const terms: fc.Arbitrary<PhoneTerms> = fc.record({
  region: fc.constantFrom('US', 'DE', 'FR', 'GB', 'SR', 'PM'),
  plus: fc.constantFrom('reject', 'restore'),
})

/** Whether the text is a whole number by itself, as far as the library is not needed. */
const isWholeBy =
  (of: PhoneTerms) =>
  (text: string): boolean => {
    const judged = directly(text, of)
    if (judged === null) return false
    return judged.ok ? nationalDigitsOf(judged.e164) >= 6 : judged.code === 'phone-plus-lost'
  }

describe('A reader of phones that does not know the form of the cell', () => {
  it('decides no cell with several numbers, and no number with decimals', () => {
    let decided = 0
    fc.assert(
      fc.property(texts, terms, (text, of) => {
        const bytes = Buffer.from(text)
        const read = createPhoneReader(of)
        const out = Buffer.alloc(E164_LONGEST)
        if (read(bytes, 0, bytes.length, out, 0) === PHONE_UNDECIDED) return
        decided += 1
        assert.equal(holdsSeveral(text.trim(), isWholeBy(of)), false)
        assert.equal(withoutDecimals(text.trim()), null)
      }),
      { numRuns: 20_000 },
    )
    assert.ok(decided > 2000, `${decided} cells were decided`)
  })
})
