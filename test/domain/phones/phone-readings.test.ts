import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'

import { parse } from 'csv-parse/sync'

import { phoneByLibrary } from '../../../src/domain/phones/phone-library.ts'
import type { PhoneTerms } from '../../../src/domain/phones/phone-readings.ts'
import { normalisePhone } from '../../../src/domain/phones/phone.ts'

type Case = {
  region: string
  plus: PhoneTerms['plus']
  written: string
  answer: string
  why: string
}

const CASES = parse<Case>(readFileSync('test/fixtures/phones/readings.csv'), { columns: true })

/**
 * The answer as the fixture writes it: the number, `*` if decimals were removed, and `x` before the
 * extension. For a refusal, the code.
 */
const told = (written: string, terms: PhoneTerms): string => {
  const result = normalisePhone(written, terms)
  if (!result.ok) return result.code
  const extension = result.ext === null ? '' : ` x${result.ext}`
  return `${result.e164}${result.decimals ? '*' : ''}${extension}`
}

describe('a phone of which more than one thing could be meant', () => {
  for (const { region, plus, written, answer, why } of CASES) {
    it(`${JSON.stringify(written)} in ${region} (${plus}) is ${answer}: ${why}`, () => {
      assert.equal(told(written, { region, plus }), answer)
    })
  }
})

/** Where copied text has invisible characters: around a number and inside it. */
const UNSEEN = [
  '\u200b',
  '\u200e',
  '\u202a',
  '\u202c',
  '\u2068',
  '\u2069',
  '\ufeff',
  '\ufe0f',
  '\u00ad',
  '\u3164',
]
const SPACES = ['\u00a0', '\u2007', '\u2009', '\u202f', '\u205f', '\u3000', '\u2800', '\t']

describe('a phone that was copied from somewhere', () => {
  const terms: PhoneTerms = { region: 'US', plus: 'reject' }

  it('is taken with marks that do not show around it and inside', () => {
    for (const mark of UNSEEN) {
      const code = `U+${mark.codePointAt(0)!.toString(16)}`
      assert.equal(told(`${mark}+14155550132${mark}`, terms), '+14155550132', code)
      assert.equal(told(`+1415${mark}5550132`, terms), '+14155550132', code)
      assert.equal(told(`${mark}415-555${mark}-0132`, terms), '+14155550132', code)
    }
  })

  it('is taken with any kind of space, dash and digit', () => {
    for (const space of SPACES) {
      assert.equal(told(`415${space}555${space}0132`, terms), '+14155550132')
    }
    assert.equal(told('415\u2011555\u20130132', terms), '+14155550132')
    assert.equal(told('（４１５）５５５－０１３２', terms), '+14155550132')
    assert.equal(told('+٤٤ ٧٤٠٠ ١٢٣٤٥٦', terms), '+447400123456')
  })
})

describe('a number with a context', () => {
  it('has one answer, however often it is asked', () => {
    const written = 'tel:4155550132;phone-context=+1'
    const answers = Array.from({ length: 10 }, () =>
      told(written, { region: 'DE', plus: 'reject' }),
    )
    assert.deepEqual(new Set(answers), new Set(['+14155550132']))
  })

  it('is never asked of the library, which answers it differently from call to call', () => {
    // If this fails, the library is fixed and `readUri` can be removed.
    const written = 'tel:4155550132;phone-context=+1'
    const terms: PhoneTerms = { region: 'DE', plus: 'reject' }
    const answers = Array.from({ length: 10 }, () => phoneByLibrary(written, terms).ok)
    assert.deepEqual(new Set(answers), new Set([true, false]))
  })
})
