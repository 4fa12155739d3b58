import { addUsBusinessDays } from './business-days.ts'
import { type Rule, RULE_TABLE, rulesOf } from './rule-table.ts'

const DAY_MS = 86_400_000
const HOUR_MS = 3_600_000

/**
 * The limit for a country that has no `registry-age` rule in the table. It is the limit of the
 * FTC's registry.
 */
const OTHER_REGISTRIES_DAYS = 31

/**
 * How many days old the registry of a country may be when contacts of this country are called at
 * the time `at`.
 */
export const registryAgeDays = (country: string, at: Date): number => {
  const days = rulesOf(country, 'registry-age', at).flatMap(({ value }) =>
    value !== null && 'days' in value ? [value.days] : [],
  )
  return days.length === 0 ? OTHER_REGISTRIES_DAYS : Math.min(...days)
}

/** Of the fifty states, Hawaii reaches midnight last: 10 hours after UTC. */
const LAST_MIDNIGHT_HOURS = 10

const afterBusinessDays = (receivedAt: Date, businessDays: number): Date => {
  // The day of receipt does not count. At any moment, no state has an earlier date than Hawaii, so
  // counting from the date in Hawaii gives the strictest limit.
  const day = new Date(receivedAt.getTime() - LAST_MIDNIGHT_HOURS * HOUR_MS)
  const last = addUsBusinessDays(day.toISOString().slice(0, 10), businessDays)
  // The limit is the end of that day in UTC. In every state, the day ends later.
  return new Date(Date.parse(last) + DAY_MS)
}

const applyByRule = (receivedAt: Date, { value }: Rule): Date | null => {
  if (value === null || 'years' in value) return null
  return 'days' in value
    ? new Date(receivedAt.getTime() + value.days * DAY_MS)
    : afterBusinessDays(receivedAt, value.businessDays)
}

/**
 * The time by which an opt-out must be followed, by the country's rules in the table. `receivedAt`:
 * when the opt-out was received. null: the table has no time for the country. The result may be
 * some hours too early, because the person's time zone is not known.
 */
export const applyOptOutBy = (country: string, receivedAt: Date): Date | null => {
  const times = rulesOf(country, 'apply-opt-out', receivedAt).flatMap(
    (rule) => applyByRule(receivedAt, rule) ?? [],
  )
  return times.length === 0 ? null : new Date(Math.min(...times.map((time) => time.getTime())))
}

/**
 * The earliest time of `applyOptOutBy` over all countries, for an opt-out whose country is not
 * known.
 */
export const applyOptOutByStrictest = (receivedAt: Date): Date | null => {
  const countries = new Set(RULE_TABLE.map(({ country }) => country))
  const times = [...countries].flatMap((country) => applyOptOutBy(country, receivedAt) ?? [])
  return times.length === 0 ? null : new Date(Math.min(...times.map((time) => time.getTime())))
}

/**
 * The countries whose rules in the table require consent before a call at the time `at`, sorted.
 */
export const consentCountries = (at: Date): string[] =>
  [...new Set(RULE_TABLE.map(({ country }) => country))]
    .filter((country) => rulesOf(country, 'consent', at).length > 0)
    .toSorted()
