import assert from 'node:assert/strict'
import { describe, test } from 'node:test'

import { createEntrySteps } from '../../../src/intake/entries/entry-steps.ts'
import { createNormalisations } from '../../../src/intake/rows/normalisation.ts'
import { writtenNumbers } from '../../support/phones/phone-numbers.ts'

const NUMBERS = 10_000

describe('The phone of an entry', () => {
  const normalisationFor = createNormalisations()
  const judge = createEntrySteps({}, normalisationFor)({ options: {}, now: new Date() })
  const read = (phoneNumber: string, region: string): string => {
    const cells: Record<string, string> = { phoneNumber, region }
    const { faults, ...rest } = judge((field) => cells[field] ?? '')
    return faults === null ? (rest as { entry: { subject: string } }).entry.subject : faults[0].code
  }
  const isEmpty = (text: string): boolean => text.trim() === ''

  test('is read as that of a contact: numbers of every plan in every form, slips and rubbish', () => {
    const differences: string[] = []
    let count = 0
    let accepted = 0
    for (const { text, region } of writtenNumbers(20_261_129)) {
      if ((count += 1) > NUMBERS) break
      if (isEmpty(text)) continue
      const checked = normalisationFor({ region, plus: 'reject' }).phone(text.trim())
      const [found, expected] = [read(text, region), checked.ok ? checked.e164 : checked.code]
      if (checked.ok) accepted += 1
      if (found !== expected) differences.push(`${region} ${JSON.stringify(text)}: ${found}`)
    }
    assert.deepEqual(differences, [])
    assert.ok(accepted > NUMBERS / 4, `${accepted} accepted`)
  })

  test('needs a region unless it begins with a plus sign', () => {
    assert.equal(read(' +1 (415) 555-2671 ', ''), '+14155552671')
    assert.equal(read('4155552671', ''), 'phone-region-missing')
    assert.equal(read('14155552671', ''), 'phone-region-missing')
    assert.equal(read('415-555-2671+', ''), 'phone-invalid')
  })
})
