const DAY_MS = 86_400_000
const SUNDAY = 0
const MONDAY = 1
const THURSDAY = 4
const SATURDAY = 6

const dayOf = (year: number, month: number, day: number): number => Date.UTC(year, month - 1, day)
const weekdayOf = (dayMs: number): number => new Date(dayMs).getUTCDay()

/** The day of a month that is its nth `weekday`, for example its third Monday. */
const nthOf = (year: number, month: number, weekday: number, nth: number): number => {
  const first = dayOf(year, month, 1)
  return first + (((weekday - weekdayOf(first) + 7) % 7) + (nth - 1) * 7) * DAY_MS
}

const lastMondayOf = (year: number, month: number): number => {
  const last = dayOf(year, month + 1, 0)
  return last - ((weekdayOf(last) - MONDAY + 7) % 7) * DAY_MS
}

/**
 * The day on which a holiday with a fixed date is observed. A holiday on a Saturday is observed on
 * the Friday before, and a holiday on a Sunday on the Monday after [us-holidays: 2].
 */
const observed = (dayMs: number): number => {
  const weekday = weekdayOf(dayMs)
  if (weekday === SATURDAY) return dayMs - DAY_MS
  return weekday === SUNDAY ? dayMs + DAY_MS : dayMs
}

/** The first year in which Juneteenth is a holiday [us-holidays: 3]. */
const JUNETEENTH_FROM = 2021

/**
 * The legal public holidays of the United States in a year [us-holidays: 1], on the days on which
 * they are observed. Each day is given as the milliseconds of its midnight in UTC.
 */
const usHolidaysOf = (year: number): number[] => [
  observed(dayOf(year, 1, 1)),
  nthOf(year, 1, MONDAY, 3),
  nthOf(year, 2, MONDAY, 3),
  lastMondayOf(year, 5),
  ...(year >= JUNETEENTH_FROM ? [observed(dayOf(year, 6, 19))] : []),
  observed(dayOf(year, 7, 4)),
  nthOf(year, 9, MONDAY, 1),
  nthOf(year, 10, MONDAY, 2),
  observed(dayOf(year, 11, 11)),
  nthOf(year, 11, THURSDAY, 4),
  observed(dayOf(year, 12, 25)),
]

const usHolidays = new Map<number, ReadonlySet<number>>()

const isUsHoliday = (dayMs: number): boolean => {
  const year = new Date(dayMs).getUTCFullYear()
  // If New Year's Day is a Saturday, it is observed on the last day of the year before.
  const days =
    usHolidays.get(year) ?? new Set([...usHolidaysOf(year), observed(dayOf(year + 1, 1, 1))])
  usHolidays.set(year, days)
  return days.has(dayMs)
}

/** Whether a day (ISO 8601, such as 2026-11-26) is a business day in the United States. */
export const isUsBusinessDay = (day: string): boolean => isBusinessDay(Date.parse(day))

const isBusinessDay = (dayMs: number): boolean => {
  const weekday = weekdayOf(dayMs)
  return weekday !== SUNDAY && weekday !== SATURDAY && !isUsHoliday(dayMs)
}

/**
 * The day (ISO 8601) that is this number of US business days after the given day. The given day
 * itself does not count.
 */
export const addUsBusinessDays = (day: string, count: number): string => {
  let dayMs = Date.parse(day)
  for (let left = count; left > 0;) {
    dayMs += DAY_MS
    if (isBusinessDay(dayMs)) left -= 1
  }
  return new Date(dayMs).toISOString().slice(0, 10)
}

/** The number of US business days after the day `after`, up to and including the day `upTo`. */
export const usBusinessDaysBetween = (after: string, upTo: string): number => {
  const end = Date.parse(upTo)
  let count = 0
  for (let dayMs = Date.parse(after) + DAY_MS; dayMs <= end; dayMs += DAY_MS) {
    if (isBusinessDay(dayMs)) count += 1
  }
  return count
}
