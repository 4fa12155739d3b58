import { addUsBusinessDays } from './business-days.ts'
import { type Rule, RULE_TABLE, rulesOf } from './rule-table.ts'

const DAY_MS = 86_400_000
const HOUR_MS = 3_600_000

/** Where no rule is known, as strict as the FTC for its registry. */
const OTHER_REGISTRIES_DAYS = 31

/** How many days old a registry of the country may be when its contacts are called at that time. */
export const registryAgeDays = (country: string, at: Date): number => {
  const days = rulesOf(country, 'registry-age', at).flatMap(({ value }) =>
    value !== null && 'days' in value ? [value.days] : [],
  )
  return days.length === 0 ? OTHER_REGISTRIES_DAYS : Math.min(...days)
}

/** Midnight in Honolulu comes last in the fifty states, in hours behind UTC. */
const LAST_MIDNIGHT_HOURS = 10

const afterBusinessDays = (receivedAt: Date, businessDays: number): Date => {
  // The day of receipt does not count, and is the one that it is in every state: the day begins latest in Honolulu.
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
 * The latest time by which an opt-out of that time must be followed in the country; null: no rule says. Errs by some hours to the strict side, because the
 * zone of the person is not known.
 */
export const applyOptOutBy = (country: string, receivedAt: Date): Date | null => {
  const times = rulesOf(country, 'apply-opt-out', receivedAt).flatMap(
    (rule) => applyByRule(receivedAt, rule) ?? [],
  )
  return times.length === 0 ? null : new Date(Math.min(...times.map((time) => time.getTime())))
}

/** The same by the strictest rule there is: for opt-outs of whom only the time is known. */
export const applyOptOutByStrictest = (receivedAt: Date): Date | null => {
  const countries = new Set(RULE_TABLE.map(({ country }) => country))
  const times = [...countries].flatMap((country) => applyOptOutBy(country, receivedAt) ?? [])
  return times.length === 0 ? null : new Date(Math.min(...times.map((time) => time.getTime())))
}

/** Countries whose law wants consent before a call at that time, sorted. */
export const consentCountries = (at: Date): string[] =>
  [...new Set(RULE_TABLE.map(({ country }) => country))]
    .filter((country) => rulesOf(country, 'consent', at).length > 0)
    .toSorted()
