import metadataJson from 'libphonenumber-js/metadata.max.json'

/**
 * Recognises ordinary valid numbers by the patterns of the library's own metadata, compiled once, without the library's work for
 * every number. It only ever says "valid, and this is the E.164 form", and only where nothing about the number is open to
 * interpretation (no national prefix to strip, no exit code, no extension); everything else is the library's to judge. A property
 * test holds the two together.
 */
type RawPlan = unknown[]
type Plan = {
  callingCode: string
  general: RegExp
  leadingDigits: RegExp | null
  types: { pattern: RegExp; lengths: readonly number[] }[]
}
/** The plans that share a calling code, main country first, and the national prefix by which the library parses for all of them. */
type CallingCode = { prefix: RegExp | null; plans: Plan[] }
type Region = { code: CallingCode; callingCode: string; prefix: RegExp | null; exitCode: RegExp }

/** Where the library's metadata (version 4) keeps things. */
const AT = {
  callingCode: 0,
  exitCode: 1,
  general: 2,
  lengths: 3,
  nationalPrefix: 5,
  nationalPrefixForParsing: 7,
  leadingDigits: 10,
  types: 11,
} as const

const SHORTEST_NATIONAL = 7
const WRITTEN = /^(?:\+\d{8,16}|\(\d{3}\) \d{3}-\d{4}|\d{7,15}|\+?\d+(?:[ .-]\d+){1,6})$/
const PUNCTUATION = /[ ().-]/g

const metadata = metadataJson as unknown as {
  country_calling_codes: Record<string, string[]>
  countries: Record<string, RawPlan>
}

const whole = (pattern: string): RegExp => new RegExp(`^(?:${pattern})$`)
const start = (pattern: string): RegExp => new RegExp(`^(?:${pattern})`)

const prefixOf = (raw: RawPlan): RegExp | null => {
  const pattern = raw[AT.nationalPrefixForParsing] || raw[AT.nationalPrefix]
  return typeof pattern === 'string' ? start(pattern) : null
}

const readPlan = (raw: RawPlan): Plan => ({
  callingCode: String(raw[AT.callingCode]),
  general: whole(String(raw[AT.general])),
  leadingDigits: raw[AT.leadingDigits] ? start(String(raw[AT.leadingDigits])) : null,
  types: ((raw[AT.types] ?? []) as (RawPlan | 0 | null)[])
    .filter((type) => Array.isArray(type) && Boolean(type[0]))
    .map((type) => {
      const [pattern, lengths] = type as [string, number[] | undefined]
      return { pattern: whole(pattern), lengths: lengths ?? (raw[AT.lengths] as number[]) }
    }),
})

const callingCodes = new Map<string, CallingCode | null>()

const readCallingCode = (code: string): CallingCode | null => {
  const known = callingCodes.get(code)
  if (known !== undefined) return known
  const countries = metadata.country_calling_codes[code]
  const raws = (countries ?? []).map((country) => metadata.countries[country])
  const main = raws[0]
  const read =
    main === undefined
      ? null
      : {
          prefix: prefixOf(main),
          plans: raws.filter((raw) => raw !== undefined).map((raw) => readPlan(raw)),
        }
  // Only the codes that exist are kept, so that hostile input cannot grow the map.
  if (read !== null) callingCodes.set(code, read)
  return read
}

const regions = new Map<string, Region | null>()

const readRegion = (region: string): Region | null => {
  const known = regions.get(region)
  if (known !== undefined) return known
  const raw = Object.hasOwn(metadata.countries, region) ? metadata.countries[region] : undefined
  if (raw === undefined) return null
  const callingCode = String(raw[AT.callingCode])
  const code = readCallingCode(callingCode)
  const read =
    code === null
      ? null
      : { code, callingCode, prefix: prefixOf(raw), exitCode: start(String(raw[AT.exitCode])) }
  regions.set(region, read)
  return read
}

const hasType = (plan: Plan, national: string): boolean =>
  plan.general.test(national) &&
  plan.types.some((type) => type.lengths.includes(national.length) && type.pattern.test(national))

const isValidNational = (code: CallingCode, national: string): boolean => {
  if (code.plans.length === 1) return hasType(code.plans[0]!, national)
  for (const plan of code.plans) {
    if (plan.leadingDigits !== null) {
      if (plan.leadingDigits.test(national)) return hasType(plan, national)
    } else if (hasType(plan, national)) return true
  }
  return false
}

const directInternational = (digits: string): string | null => {
  for (let length = 1; length <= 3; length += 1) {
    const code = readCallingCode(digits.slice(0, length))
    if (code === null) continue
    const national = digits.slice(length)
    if (national.length < SHORTEST_NATIONAL || code.prefix?.test(national)) return null
    return isValidNational(code, national) ? `+${digits}` : null
  }
  return null
}

const directNational = (digits: string, regionName: string): string | null => {
  const region = readRegion(regionName)
  if (region === null || digits.length < SHORTEST_NATIONAL) return null
  // A number that could start with an exit code, the calling code or a national prefix is open to interpretation.
  if (digits.startsWith(region.callingCode) || region.exitCode.test(digits)) return null
  if (region.prefix?.test(digits) || region.code.prefix?.test(digits)) return null
  return isValidNational(region.code, digits) ? `+${region.callingCode}${digits}` : null
}

/** The E.164 form of a number that is plainly valid; null = ask the library. */
export const directE164 = (text: string, defaultRegion: string): string | null => {
  if (!WRITTEN.test(text)) return null
  const digits = text.replace(PUNCTUATION, '')
  return digits.startsWith('+')
    ? directInternational(digits.slice(1))
    : directNational(digits, defaultRegion)
}
