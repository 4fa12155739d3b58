import { phoneByLibrary } from '../../../src/domain/phones/phone-library.ts'
import { PHONE_LONGEST } from '../../../src/domain/phones/phone-reader.ts'
import type { PhoneTerms } from '../../../src/domain/phones/phone-readings.ts'
import { plainPhoneText } from '../../../src/domain/phones/phone-text.ts'
import { directly } from '../../../src/domain/phones/phone.ts'
import { writtenNumbers } from './phone-numbers.ts'

/** The result of reading this many numbers both ways. */
export type Agreement = {
  numbers: number
  decidedDirectly: number
  accepted: number
  differences: string[]
}

const told = (
  result: { ok: true; e164: string; ext: string | null } | { ok: false; code: string },
): string => (result.ok ? `${result.e164} ${result.ext}` : result.code)

/**
 * Reads `count` numbers both with the tables and with the library alone, and collects the
 * differences. If the tables leave a number to the library, the results are equal by definition, so
 * the number is only counted.
 */
export const compareWithLibrary = (count: number, seed: number): Agreement => {
  const agreement: Agreement = { numbers: 0, decidedDirectly: 0, accepted: 0, differences: [] }
  for (const { text: written, region } of writtenNumbers(seed)) {
    if (agreement.numbers === count) break
    agreement.numbers += 1
    const terms: PhoneTerms = { region, plus: agreement.numbers % 2 === 0 ? 'reject' : 'restore' }
    const text = plainPhoneText(written)
    const found = text.length > PHONE_LONGEST ? null : directly(text, terms)
    if (found === null) continue
    agreement.decidedDirectly += 1
    if (found.ok) agreement.accepted += 1
    const expected = told(phoneByLibrary(text, terms))
    if (told(found) === expected) continue
    const how = `${region} ${terms.plus} ${JSON.stringify(text)}`
    agreement.differences.push(`${how}: ${told(found)}, ${expected}`)
  }
  return agreement
}
