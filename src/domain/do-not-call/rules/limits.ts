import { addUsBusinessDays } from './business-days.ts'
import { type Rule, RULE_TABLE, rulesOf } from './rule-table.ts'

const DAY_MS = 86_400_000
const HOUR_MS = 3_600_000

/** If no rule is known, the FTC's limit for its registry applies. */
const OTHER_REGISTRIES_DAYS = 31

/** How many days old a registry of the country may be when its contacts are called at that time. */
export const registryAgeDays = (country: string, at: Date): number => {
  const days = rulesOf(country, 'registry-age', at).flatMap(({ value }) =>
    value !== null && 'days' in value ? [value.days] : [],
  )
  return days.length === 0 ? OTHER_REGISTRIES_DAYS : Math.min(...days)
}

/** Of the fifty states, Honolulu reaches midnight last. In hours behind UTC. */
const LAST_MIDNIGHT_HOURS = 10

const afterBusinessDays = (receivedAt: Date, businessDays: number): Date => {
  // The day of receipt does not count. It is the same day in every state, because the day begins
  // latest in Honolulu.
  const day = new Date(receivedAt.getTime() - LAST_MIDNIGHT_HOURS * HOUR_MS)
  const last = addUsBusinessDays(day.toISOString().slice(0, 10), businessDays)
  // The day ends in UTC before it ends in any state.
  return new Date(Date.parse(last) + DAY_MS)
}

const applyByRule = (receivedAt: Date, { value }: Rule): Date | null => {
  if (value === null || 'years' in value) return null
  return 'days' in value
    ? new Date(receivedAt.getTime() + value.days * DAY_MS)
    : afterBusinessDays(receivedAt, value.businessDays)
}

/**
 * The latest time by which the country wants an opt-out of that time to be followed. null: no rule
 * says. Strict by some hours, because the person's time zone is not known.
 */
export const applyOptOutBy = (country: string, receivedAt: Date): Date | null => {
  const times = rulesOf(country, 'apply-opt-out', receivedAt).flatMap(
    (rule) => applyByRule(receivedAt, rule) ?? [],
  )
  return times.length === 0 ? null : new Date(Math.min(...times.map((time) => time.getTime())))
}

/** The same by the strictest rule of all, for opt-outs of which only the time is known. */
export const applyOptOutByStrictest = (receivedAt: Date): Date | null => {
  const countries = new Set(RULE_TABLE.map(({ country }) => country))
  const times = [...countries].flatMap((country) => applyOptOutBy(country, receivedAt) ?? [])
  return times.length === 0 ? null : new Date(Math.min(...times.map((time) => time.getTime())))
}

/** Countries whose law requires consent before a call at that time, sorted. */
export const consentCountries = (at: Date): string[] =>
  [...new Set(RULE_TABLE.map(({ country }) => country))]
    .filter((country) => rulesOf(country, 'consent', at).length > 0)
    .toSorted()
