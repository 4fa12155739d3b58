import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { getCountries, parsePhoneNumberFromString } from 'libphonenumber-js/max'
import type { CountryCode } from 'libphonenumber-js/max'
import examples from 'libphonenumber-js/mobile/examples'

import { phoneByLibrary } from '../../../src/domain/phones/phone-library.ts'
import type { PhoneTerms } from '../../../src/domain/phones/phone-readings.ts'
import { directly, normalisePhone } from '../../../src/domain/phones/phone.ts'

describe('a phone number', () => {
  it('becomes E.164, completed by the default region', () => {
    for (const written of [
      '(415) 555-2671',
      '415-555-2671',
      ' 4155552671 ',
      '+1 415 555 2671',
      '1 (415) 555-2671',
    ]) {
      const result = normalisePhone(written, { region: 'US', plus: 'reject' })
      assert.ok(result.ok, written)
      assert.equal(result.e164, '+14155552671')
      assert.equal(result.ext, null)
    }
    const british = normalisePhone('020 7946 0958', { region: 'GB', plus: 'reject' })
    assert.equal(british.ok && british.e164, '+442079460958')
  })

  it('keeps its extension apart', () => {
    const result = normalisePhone('(415) 555-2671 ext. 77', { region: 'US', plus: 'reject' })
    assert.deepEqual(result, {
      ok: true,
      e164: '+14155552671',
      ext: '77',
      direct: false,
      decimals: false,
    })
  })

  it('is the whole cell, never a find in a sentence', () => {
    for (const written of [
      'call 4155552671',
      '4155552671 or 4155552672',
      'notaphone',
      '+1-800-FLOWERS',
      '',
    ]) {
      assert.equal(normalisePhone(written, { region: 'US', plus: 'reject' }).ok, false, written)
    }
  })

  it('is refused when it is an emergency or short number, in any region', () => {
    for (const region of getCountries()) {
      for (const written of ['112', '911', '999', '000', '116117', '12', '40404']) {
        const result = normalisePhone(written, { region, plus: 'reject' })
        if (written === '40404' && result.ok) continue
        assert.equal(result.ok, false, `${region} ${written}`)
        assert.equal(!result.ok && result.code, 'phone-short-or-emergency', `${region} ${written}`)
      }
    }
    for (const written of ['+112', '+1911', '+44999', '+49 110', '+98116117']) {
      assert.equal(normalisePhone(written, { region: 'US', plus: 'reject' }).ok, false, written)
    }
  })

  it('is not parsed past 40 characters', () => {
    const result = normalisePhone('1'.repeat(100_000), { region: 'US', plus: 'reject' })
    assert.deepEqual([result.ok, result.direct], [false, true])
  })

  it('is answered alike by the direct path and the library, for examples of every country and their neighbours', () => {
    let direct = 0
    let asked = 0
    const compare = (text: string, region: CountryCode): void => {
      const terms: PhoneTerms = { region, plus: asked % 2 === 0 ? 'reject' : 'restore' }
      const found = directly(text, terms)
      asked += 1
      if (found === null) return
      direct += 1
      const expected = { ...phoneByLibrary(text, terms), direct: true }
      assert.deepEqual(found, expected, `${region} ${text}`)
    }
    for (const region of getCountries()) {
      const national = (examples as Record<string, string>)[region] ?? '4155552671'
      const full = parsePhoneNumberFromString(national, { defaultCountry: region })
      if (full === undefined) continue
      for (const text of [
        national,
        full.number,
        full.formatNational(),
        full.formatInternational(),
      ]) {
        compare(text, region)
      }
      for (let place = 0; place < national.length; place += 1) {
        for (let digit = 0; digit < 10; digit += 1) {
          const changed = `${national.slice(0, place)}${digit}${national.slice(place + 1)}`
          compare(changed, region)
          compare(`+${full.countryCallingCode}${changed}`, 'US')
          compare(`+${full.countryCallingCode}${changed}${digit}`, 'US')
          compare(`+${full.countryCallingCode}${changed.slice(1)}`, 'US')
        }
      }
    }
    assert.ok(direct > asked * 0.9, `${direct} of ${asked} direct`)
  })
})
