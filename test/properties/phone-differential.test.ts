import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import fc from 'fast-check'
import { getCountries, getCountryCallingCode } from 'libphonenumber-js/max'
import examples from 'libphonenumber-js/mobile/examples'

import { normalisePhone, phoneByLibrary } from '../../src/domain/phone.ts'

const region = fc.constantFrom(...getCountries())
const digits = fc.string({ unit: fc.constantFrom(...'0123456789'), minLength: 1, maxLength: 5 })
const rubbish = fc.string({ unit: fc.constantFrom(...'0123456789+-. ()x'), maxLength: 18 })

/** The region's example number with its end changed, written one of the usual ways. */
const written = fc.tuple(region, region, digits, fc.nat(5)).map(([of, asked, end, form]) => {
  const example = (examples as Record<string, string>)[of] ?? '4155552671'
  const national = example.slice(0, -end.length) + end
  const code = getCountryCallingCode(of)
  const grouped = national.replace(/(\d{3})(?=\d{4})/g, '$1 ')
  const forms: [string, string][] = [
    [`+${code}${national}`, asked],
    [national, of],
    [`0${national}`, of],
    [`00${code}${national}`, of],
    [`+${code} ${grouped}`, asked],
    [grouped.replaceAll(' ', '-'), of],
  ]
  return forms[form]!
})

describe('a phone recognised directly', () => {
  it('is valid to the library too, and is the same number', () => {
    let direct = 0
    fc.assert(
      fc.property(fc.oneof({ weight: 5, arbitrary: written }, fc.tuple(rubbish, region)), (one) => {
        const [text, asked] = one as [string, 'US']
        const found = normalisePhone(text, asked)
        if (!found.direct) return
        direct += 1
        const expected = { ...phoneByLibrary(text.trim(), asked), direct: true }
        assert.deepEqual(found, expected, `${asked} ${text}`)
      }),
      { numRuns: 200_000 },
    )
    assert.ok(direct > 10_000, `${direct} direct`)
  })
})
