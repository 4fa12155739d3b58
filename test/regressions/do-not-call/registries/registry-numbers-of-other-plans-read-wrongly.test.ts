import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { createNumberReader } from '../../../../src/intake/registries/number-lines.ts'

const LINES: [country: string, line: string, number: number][] = [
  // The 0 belongs to the number.
  ['IT', '06 6981 2345', 390_669_812_345],
  ['IT', '+39 06 6981 2345', 390_669_812_345],
  ['CI', '01 23 45 67 89', 2_250_123_456_789],
  ['BJ', '0195123456', 2_290_195_123_456],
  // National numbers that begin with the digits of the calling code.
  ['IT', '3921234567', 393_921_234_567],
  ['IT', '393921234567', 393_921_234_567],
  ['IN', '9123456789', 919_123_456_789],
  ['IN', '09123456789', 919_123_456_789],
  ['IN', '919123456789', 919_123_456_789],
  ['BR', '55 99123-4567', 5_555_991_234_567],
  ['IS', '3546111234', 3_546_111_234],
  // Other digits before a trunk call.
  ['HU', '06 20 123 4567', 36_201_234_567],
  ['RU', '8 (912) 345-67-89', 79_123_456_789],
  ['RU', '9123456789', 79_123_456_789],
  // A prefix that is replaced by other digits, or by none.
  ['AR', '011 15-2345-6789', 5_491_123_456_789],
  ['AR', '0351 15-234-5678', 5_493_512_345_678],
  ['AR', '011 2345-6789', 541_123_456_789],
  ['BR', '0 21 (11) 91234-5678', 5_511_912_345_678],
  ['SM', '886377', 3_780_549_886_377],
  ['JE', '712345', 441_534_712_345],
  // Numbers with few digits.
  ['FK', '51234', 50_051_234],
  ['TK', '7290', 6_907_290],
  // The 0 of a trunk call after the calling code.
  ['GB', '+44 (0)20 7946 0018', 442_079_460_018],
  ['DE', '0049 (0)30 123456', 4_930_123_456],
  // As before.
  ['DE', '030 123456', 4_930_123_456],
  ['DE', '4930123456', 4_930_123_456],
  ['ES', '810 123 456', 34_810_123_456],
  ['FR', '0033 1 99 00 00 01', 33_199_000_001],
]

const numbersOf = (country: string, text: string): number[] => {
  const numbers: number[] = []
  const reader = createNumberReader(country, (number) => void numbers.push(number))
  reader.read(Buffer.from(text))
  reader.end()
  return numbers
}

// Registries are looked up by the number of a contact. A line that was read as another number
// suppressed nobody, or a stranger, and the person on the registry was called.
describe("A line of a registry is the number that a contact's phone would be", () => {
  for (const [country, line, number] of LINES) {
    it(`in ${country}: ${line}`, () => {
      assert.deepEqual(numbersOf(country, `${line}\n`), [number])
      assert.deepEqual(numbersOf(country, `${line.replaceAll(/[^+\d]/gu, '')}\n`), [number])
    })
  }
})
