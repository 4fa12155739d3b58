import metadataJson from 'libphonenumber-js/metadata.max.json'

import { compilePrefix, compileWhole, mayMatch } from './phone-automaton.ts'
import type { DigitTable } from './phone-automaton.ts'

/** The numbering plan of one country, as tables. */
export type PhonePlan = {
  callingCode: CallingCode
  /** Pattern 0 is the general pattern. The other patterns are the types (fixed line, mobile, …). */
  patterns: DigitTable
  /** The type patterns (bits) that permit a length: `typesAt[length]`. */
  typesAt: Uint16Array
  hasTypes: boolean
  /**
   * The pattern (bit) of fixed lines, and the pattern of mobiles. 0: the plan has no such pattern.
   */
  fixedLine: number
  mobile: number
  /** The possible lengths as bits, and the greatest length. */
  lengths: number
  longest: number
  /**
   * What may precede a number when it is dialled within the country. If the pattern has a capturing
   * group, the prefix must be replaced by other digits.
   */
  prefix: DigitTable | null
  /**
   * Whether numbers are dialled with a 0 before them within the country. This 0 is not part of the
   * number.
   */
  trunkZero: boolean
  leadingDigits: DigitTable | null
}

/**
 * A calling code and the countries that share it. `countries` is empty for codes of no country
 * (800, 881, …). `main` has the plan by which an international number is read. `main` is null if a
 * pattern of one of these plans could not be compiled. The library then judges all numbers of the
 * code.
 */
export type CallingCode = {
  /** The digits of the code (values 0 to 9). */
  digits: Uint8Array
  main: PhonePlan | null
  countries: readonly PhonePlan[]
  /** The other countries of the code, after the first. */
  others: readonly PhonePlan[]
  /** The lengths (bits) that are possible in all plans of the code. */
  lengthsOfAll: number
  /** For `othersFor`: the other countries, by the first digits of the national number. */
  othersByStart: (readonly PhonePlan[] | undefined)[]
}

/**
 * Everything that is needed to read a number of the default region: its plan, and the codes for
 * dialling abroad.
 */
export type PhoneRegion = { plan: PhonePlan; exitCode: DigitTable }

type RawPlan = readonly unknown[]
type RawType = [pattern: string, lengths?: number[]]

/** The indexes of fields in the library's metadata (version 4). */
const AT = {
  callingCode: 0,
  exitCode: 1,
  general: 2,
  lengths: 3,
  nationalPrefix: 5,
  nationalPrefixForParsing: 7,
  transformRule: 8,
  leadingDigits: 10,
  types: 11,
} as const

/**
 * The number of places in `typesAt`. The longest text that is read has fewer digits. The lengths in
 * the metadata are at most 17, so a set of them fits in a JavaScript integer of 32 bits.
 */
const LENGTHS = 64
const MOST_CODES = 1000
const START_DIGITS = 3
const STARTS = 1000

const metadata = metadataJson as unknown as {
  country_calling_codes: Record<string, string[]>
  countries: Record<string, RawPlan>
  nonGeographic: Record<string, RawPlan>
}

const isType = (type: unknown): type is RawType => Array.isArray(type) && Boolean(type[0])

const typesOf = (raw: RawPlan): RawType[] => ((raw[AT.types] || []) as unknown[]).filter(isType)

/** The places of the types fixed line and mobile in the metadata. */
const FIXED_LINE = 0
const MOBILE = 1

const typeBit = (raw: RawPlan, types: readonly RawType[], at: number): number => {
  const type = ((raw[AT.types] || []) as unknown[])[at]
  return isType(type) ? 2 << types.indexOf(type) : 0
}

/** null: the metadata has no such pattern. undefined: the pattern could not be compiled. */
const compileIfAny = (
  pattern: unknown,
  compile: (written: string) => DigitTable | null,
): DigitTable | null | undefined =>
  typeof pattern === 'string' && pattern !== '' ? (compile(pattern) ?? undefined) : null

const readPlan = (raw: RawPlan, callingCode: CallingCode): PhonePlan | null => {
  const types = typesOf(raw)
  const possible = raw[AT.lengths] as number[]
  const patterns = compileWhole([String(raw[AT.general]), ...types.map(([pattern]) => pattern)])
  const transforms = Boolean(raw[AT.transformRule])
  const prefix = compileIfAny(
    raw[AT.nationalPrefixForParsing] || raw[AT.nationalPrefix],
    (pattern) => compilePrefix(pattern, transforms),
  )
  const leadingDigits = compileIfAny(raw[AT.leadingDigits], (pattern) =>
    compilePrefix(pattern, false),
  )
  if (patterns === null || prefix === undefined || leadingDigits === undefined) return null
  const typesAt = new Uint16Array(LENGTHS)
  for (const [index, [, lengths]] of types.entries()) {
    for (const length of lengths ?? possible) typesAt[length]! |= 2 << index
  }
  return {
    callingCode,
    patterns,
    typesAt,
    hasTypes: Array.isArray(raw[AT.types]) && (raw[AT.types] as unknown[]).length > 0,
    fixedLine: typeBit(raw, types, FIXED_LINE),
    mobile: typeBit(raw, types, MOBILE),
    lengths: possible.reduce((bits, length) => bits | (1 << length), 0),
    longest: Math.max(...possible),
    prefix,
    trunkZero: raw[AT.nationalPrefix] === '0',
    leadingDigits,
  }
}

const readCallingCode = (code: string): CallingCode | null => {
  const names = Object.hasOwn(metadata.country_calling_codes, code)
    ? metadata.country_calling_codes[code]!
    : []
  const raws = names.map((name) => metadata.countries[name]!)
  const main = raws[0] ?? metadata.nonGeographic[code]
  if (main === undefined) return null
  const read: CallingCode = {
    digits: Uint8Array.from(code, Number),
    main: null,
    countries: [],
    others: [],
    lengthsOfAll: 0,
    othersByStart: Array.from({ length: names.length > 1 ? STARTS : 0 }),
  }
  const plans = raws.map((raw) => readPlan(raw, read))
  read.countries = plans.filter((plan) => plan !== null)
  read.others = read.countries.slice(1)
  if (read.countries.length === plans.length) read.main = plans[0] ?? readPlan(main, read)
  read.lengthsOfAll = [read.main, ...read.countries].reduce(
    (bits, plan) => bits & (plan?.lengths ?? 0),
    -1,
  )
  return read
}

/**
 * Whether several countries share the code. The country of a number must then still be decided.
 */
export const isShared = (code: CallingCode): boolean => code.countries.length > 1

/**
 * The countries of the code, except the first, to which a national number may belong by its first
 * three digits. They are in the library's order. For the code 1, one or two of 24 countries remain.
 */
export const othersFor = (
  code: CallingCode,
  digits: Uint8Array,
  from: number,
  to: number,
): readonly PhonePlan[] => {
  if (to - from < START_DIGITS) return code.others
  const start = digits[from]! * 100 + digits[from + 1]! * 10 + digits[from + 2]!
  const known = code.othersByStart[start]
  if (known !== undefined) return known
  const possible = code.others.filter(
    ({ leadingDigits }) =>
      leadingDigits === null || mayMatch(leadingDigits, digits, from, from + START_DIGITS),
  )
  code.othersByStart[start] = possible
  return possible
}

/**
 * Calling codes, with the code as index. No calling code starts with a zero. undefined: the code
 * was not needed yet.
 */
const callingCodes = Array.from<CallingCode | null | undefined>({ length: MOST_CODES })

/**
 * The calling code (1 to 999). null if there is no such code. The code is compiled when it is first
 * needed, which takes milliseconds. All codes together would take some tenths of a second of
 * processor time, and most are never needed.
 */
export const callingCodeOf = (code: number): CallingCode | null => {
  const known = callingCodes[code]
  if (known !== undefined) return known
  const read = readCallingCode(String(code))
  callingCodes[code] = read
  return read
}

/** How many digits of an E.164 number follow its calling code. */
export const nationalDigitsOf = (e164: string): number => {
  const digits = e164.slice(1)
  const isCode = (code: string): boolean =>
    Object.hasOwn(metadata.country_calling_codes, code) ||
    Object.hasOwn(metadata.nonGeographic, code)
  const code = [1, 2, 3].find((length) => isCode(digits.slice(0, length))) ?? 0
  return digits.length - code
}

/** `rewrites`: whether some prefixes of national numbers are replaced by other digits. */
export type RegionFacts = {
  callingCode: string
  exitCode: RegExp
  trunk: string | null
  trunkZero: boolean
  lengths: readonly number[]
  rewrites: boolean
}

/**
 * Facts about a region's plan that the library does not expose. null if the metadata has no region
 * of that name.
 */
export const regionFactsOf = (name: string): RegionFacts | null => {
  const raw = Object.hasOwn(metadata.countries, name) ? metadata.countries[name]! : undefined
  if (raw === undefined) return null
  const trunk: unknown = raw[AT.nationalPrefix]
  return {
    callingCode: String(raw[AT.callingCode]),
    exitCode: new RegExp(`^(?:${String(raw[AT.exitCode])})[1-9]`),
    trunk: typeof trunk === 'string' ? trunk : null,
    trunkZero: trunk === '0',
    lengths: raw[AT.lengths] as number[],
    rewrites: Boolean(raw[AT.transformRule]),
  }
}

/**
 * The region (ISO 3166-1, two capitals). null if the metadata has no region of that name, or if a
 * pattern of the region, or of a country with the same calling code, could not be compiled.
 */
export const phoneRegionOf = (name: string): PhoneRegion | null => {
  const raw = Object.hasOwn(metadata.countries, name) ? metadata.countries[name]! : undefined
  if (raw === undefined) return null
  const code = String(raw[AT.callingCode])
  const callingCode = callingCodeOf(Number(code))
  const exitCode = compilePrefix(String(raw[AT.exitCode]), false)
  const index = metadata.country_calling_codes[code]!.indexOf(name)
  const plan =
    callingCode === null || callingCode.main === null ? undefined : callingCode.countries[index]
  return plan === undefined || exitCode === null ? null : { plan, exitCode }
}
