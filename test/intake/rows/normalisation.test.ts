import assert from 'node:assert/strict'
import { test } from 'node:test'

import fc from 'fast-check'

import { E164_LONGEST } from '../../../src/domain/phones/phone-reader.ts'
import { createNormalisations } from '../../../src/intake/rows/normalisation.ts'

const made = createNormalisations()
const normalisationFor = (region: string) => made({ region, plus: 'reject' })

test('a phone cell loses the text mark of a spreadsheet, and one that is damaged says by what', () => {
  const { phone } = normalisationFor('US')
  assert.deepEqual(phone(" '+14155552671 "), {
    ok: true,
    e164: '+14155552671',
    ext: null,
    direct: true,
    decimals: false,
    written: "'+14155552671",
  })
  const codeOf = (raw: string): string | null => {
    const result = phone(raw)
    return result.ok ? null : result.code
  }
  assert.equal(codeOf('4.41234E+11'), 'phone-scientific')
  assert.equal(codeOf('nobody'), 'phone-invalid')
})

test('the steps of a region are made once; a region that does not exist is not kept', () => {
  assert.equal(normalisationFor('DE'), normalisationFor('DE'))
  assert.notEqual(normalisationFor('DE'), made({ region: 'DE', plus: 'restore' }))
  assert.notEqual(normalisationFor('XX'), normalisationFor('XX'))
  assert.equal(normalisationFor('XX').phone('+4930901820').ok, true)
  assert.equal(normalisationFor('XX').phone('030 901820').ok, false)
})

test('bytes and text of a phone come to the same number wherever the bytes decide', () => {
  const out = new Uint8Array(E164_LONGEST)
  const digits = fc.array(fc.constantFrom(...'0123456789 -()+'), { maxLength: 20 })
  fc.assert(
    fc.property(digits, fc.constantFrom('US', 'GB', 'DE', 'FR', 'CA'), (signs, region) => {
      const text = signs.join('')
      const { readPhone, phone } = normalisationFor(region)
      const length = readPhone(Buffer.from(text), 0, text.length, out, 0)
      if (length <= 0) return
      const result = phone(text)
      assert.ok(result.ok)
      assert.equal(result.e164, Buffer.from(out.subarray(0, length)).toString())
    }),
  )
})
