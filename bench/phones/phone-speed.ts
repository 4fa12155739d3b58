import { phoneByLibrary } from '../../src/domain/phones/phone-library.ts'
import { callingCodeOf } from '../../src/domain/phones/phone-plans.ts'
import { E164_LONGEST, createPhoneReader } from '../../src/domain/phones/phone-reader.ts'
import { createDraw } from '../../test/support/phones/phone-numbers.ts'

/**
 * Measures the processor time to read a number directly and with the library, for each form in
 * which numbers are written. The time of the direct reading is the best of several rounds. Also
 * measures the processor time to build the tables. Only the ratios are meaningful.
 */
const NUMBERS = 20_000
const ROUNDS = 20
const MOST_CODES = 999

const draw = createDraw(1)

/** name, region, a function that makes a number of this form */
const FORMS: [string, string, () => string][] = [
  ['E.164, US', 'US', () => `+1415555${draw.digits(4)}`],
  ['E.164, CA', 'US', () => `+1604555${draw.digits(4)}`],
  ['E.164, GB', 'US', () => `+447400${draw.digits(6)}`],
  ['international, spaced, GB', 'US', () => `+44 7400 ${draw.digits(6)}`],
  ['national, US', 'US', () => `(415) 555-${draw.digits(4)}`],
  ['national, dots, US', 'US', () => `212.555.${draw.digits(4)}`],
  ['national with trunk 0, GB', 'GB', () => `07400 ${draw.digits(6)}`],
  ['trunk (0), DE', 'DE', () => `+49 (0)30 ${draw.digits(7)}`],
  ['exit code 00, DE', 'DE', () => `0049 30 ${draw.digits(7)}`],
  ['national, BR', 'BR', () => `(11) 9${draw.digits(8)}`],
  ['invalid, US', 'US', () => `+1 004 555 ${draw.digits(4)}`],
  ['eleven digits at random', 'US', () => `+${draw.digits(11)}`],
]

const cpuMs = (work: () => void): number => {
  const before = process.cpuUsage()
  work()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1000
}

const best = (rounds: number, work: () => void): number =>
  Math.min(...Array.from({ length: rounds }, () => cpuMs(work)))

const directMs = (region: string, numbers: Buffer[]): number => {
  const read = createPhoneReader({ region, plus: 'reject' })
  const out = Buffer.alloc(E164_LONGEST)
  return best(ROUNDS, () => {
    for (const bytes of numbers) read(bytes, 0, bytes.length, out, 0)
  })
}

const print = (line: string): void => {
  process.stdout.write(`${line}\n`)
}

const tables = cpuMs(() => {
  for (let code = 1; code <= MOST_CODES; code += 1) callingCodeOf(code)
})
print(`tables of all calling codes: ${tables.toFixed(0)} ms of processor time`)
print('form                         direct ns  library ns  ratio')
for (const [name, region, number] of FORMS) {
  const texts = Array.from({ length: NUMBERS }, number)
  const direct = directMs(
    region,
    texts.map((text) => Buffer.from(text)),
  )
  const library = best(1, () => {
    for (const text of texts) phoneByLibrary(text, { region, plus: 'reject' })
  })
  const nanoseconds = (ms: number): string => ((ms * 1e6) / NUMBERS).toFixed(0)
  print(
    `${name.padEnd(28)} ${nanoseconds(direct).padStart(9)}  ${nanoseconds(library).padStart(10)}  ${(library / direct).toFixed(0).padStart(5)}`,
  )
}
