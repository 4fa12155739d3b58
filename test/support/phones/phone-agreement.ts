import { PHONE_LONGEST } from '../../../src/domain/phones/phone-reader.ts'
import { normalisePhone, phoneByLibrary } from '../../../src/domain/phones/phone.ts'
import { writtenNumbers } from './phone-numbers.ts'

/** What came of reading so many numbers both ways. */
export type Agreement = {
  numbers: number
  decidedDirectly: number
  accepted: number
  differences: string[]
}

const told = (result: ReturnType<typeof normalisePhone>): string =>
  result.ok ? `${result.e164} ${result.ext}` : result.code

/**
 * Reads `count` numbers by `normalisePhone` and by the library alone and keeps what differs. What `normalisePhone` left to the
 * library is the library's answer already and only counted.
 */
export const compareWithLibrary = (count: number, seed: number): Agreement => {
  const agreement: Agreement = { numbers: 0, decidedDirectly: 0, accepted: 0, differences: [] }
  for (const { text, region } of writtenNumbers(seed)) {
    if (agreement.numbers === count) break
    agreement.numbers += 1
    const found = normalisePhone(text, region)
    if (found.ok) agreement.accepted += 1
    if (!found.direct) continue
    agreement.decidedDirectly += 1
    const trimmed = text.trim()
    const expected =
      trimmed.length > PHONE_LONGEST ? 'phone-invalid' : told(phoneByLibrary(trimmed, region))
    if (told(found) !== expected) {
      agreement.differences.push(`${region} ${JSON.stringify(text)}: ${told(found)}, ${expected}`)
    }
  }
  return agreement
}
