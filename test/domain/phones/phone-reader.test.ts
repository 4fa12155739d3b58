import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import {
  PHONE_INVALID,
  PHONE_SHORT,
  PHONE_UNDECIDED,
} from '../../../src/domain/phones/phone-direct.ts'
import { E164_LONGEST, createPhoneReader } from '../../../src/domain/phones/phone-reader.ts'

const read = (text: string, region: string): string | number => {
  const bytes = Buffer.from(text)
  const out = Buffer.alloc(E164_LONGEST)
  const answer = createPhoneReader({ region, plus: 'reject' })(bytes, 0, bytes.length, out, 0)
  return answer > 0 ? out.toString('latin1', 0, answer) : answer
}

describe('a phone read from bytes', () => {
  it('is recognised in its usual forms', () => {
    const forms: [string, string, string][] = [
      ['+14155552671', 'DE', '+14155552671'],
      ['+1 (212) 555-0100', 'DE', '+12125550100'],
      ['212.555.0100', 'US', '+12125550100'],
      ['1 (415) 555-2671', 'US', '+14155552671'],
      ['+44 7400 123456', 'US', '+447400123456'],
      ['+44 (0)20 7946 0958', 'US', '+442079460958'],
      ['020 7946 0958', 'GB', '+442079460958'],
      ['00442079460958', 'DE', '+442079460958'],
      ['011442079460958', 'US', '+442079460958'],
      ['8 (800) 555-35-35', 'RU', '+78005553535'],
      ['(11) 96123-4567', 'BR', '+5511961234567'],
      ['+800 1234 5678', 'US', '+80012345678'],
      [' \t4155552671\r\n', 'US', '+14155552671'],
    ]
    for (const [text, region, e164] of forms) assert.equal(read(text, region), e164, text)
  })

  it('is refused where it is plainly none', () => {
    for (const text of [
      '',
      '   ',
      '+',
      '-',
      '+999 123456789',
      '+1 004 555 0100',
      '1-1',
      '1234567890',
    ]) {
      assert.equal(read(text, 'US'), PHONE_INVALID, text)
    }
    for (const text of [
      '112',
      '+112',
      '9 1 1',
      '40404',
      '12',
      '7',
      '+44 999',
      '116117',
      '+376 116117',
    ]) {
      assert.equal(read(text, 'GB'), PHONE_SHORT, text)
    }
  })

  it('is left to the library where anything is unusual', () => {
    for (const text of [
      '(415) 555-2671 x77',
      '415~5552671',
      '٤١٥٥٥٥٢٦٧١',
      '\u00A04155552671',
      '415 555\t2671',
      '++14155552671',
      '(+1) 4155552671',
      'tel:+14155552671',
      'call me',
      '1'.repeat(41),
    ]) {
      assert.equal(read(text, 'US'), PHONE_UNDECIDED, text)
    }
    // Forms with a second number, with another ending, or with a spreadsheet's decimals.
    for (const text of [
      '415-555-2671/2672',
      '4155552671 (77)',
      '030 12345-0 -15',
      '08912345 08912346',
      '4155552671.0',
      '01.42.27.81.00',
    ]) {
      assert.equal(read(text, 'FR'), PHONE_UNDECIDED, text)
    }
    // The plan transforms these digits instead of removing them.
    assert.equal(read('4641234', 'AG'), PHONE_UNDECIDED)
    assert.equal(read('011 15 2345-6789', 'AR'), PHONE_UNDECIDED)
  })

  it('is left to the library in a region that it does not know', () => {
    for (const region of ['', 'XX', 'us', 'constructor', '__proto__']) {
      assert.equal(read('+14155552671', region), PHONE_UNDECIDED, region)
    }
  })

  it('is read and written only where it is told to', () => {
    const bytes = Buffer.from('9,+14155552671,8')
    const out = Buffer.alloc(20, '.')
    assert.equal(createPhoneReader({ region: 'US', plus: 'reject' })(bytes, 2, 14, out, 3), 12)
    assert.equal(out.toString(), '...+14155552671.....')
  })

  it('leaves nothing behind for the next', () => {
    const reader = createPhoneReader({ region: 'US', plus: 'reject' })
    const out = Buffer.alloc(E164_LONGEST)
    const answers = ['+442079460958', '12', '(415) 555-2671', 'x', '4155552671'].map((text) => {
      const bytes = Buffer.from(text)
      const answer = reader(bytes, 0, bytes.length, out, 0)
      return answer > 0 ? out.toString('latin1', 0, answer) : answer
    })
    const expected = ['+442079460958', PHONE_SHORT, '+14155552671', PHONE_UNDECIDED, '+14155552671']
    assert.deepEqual(answers, expected)
  })
})
