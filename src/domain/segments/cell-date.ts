/** Dates of cells and of literals under `before` and `after`: a day, or a time of a day in UTC. */
const DATE = /^\d{4}-\d{2}-\d{2}(?:T(?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d{1,3})?)?Z?)?$/
/**
 * A time from now, in the platform's form: days, hours and minutes of two digits, each with a minus
 * sign for the past.
 */
const FROM_NOW = /^P(?:(-?\d{2})D)?(?:T(?:(-?\d{2})H)?(?:(-?\d{2})M)?)?$/

const MINUTE_MS = 60_000

/**
 * Milliseconds since 1970. null if the text is not a date of the calendar. A day counts from its
 * first moment.
 */
export const dateOf = (text: string): number | null => {
  if (!DATE.test(text)) return null
  const [day, time = '00:00'] = text.replace('Z', '').split('T')
  const moment = new Date(`${day}T${time}Z`)
  // A day that the month lacks would be taken for one of the next month.
  return Number.isNaN(moment.getTime()) || !moment.toISOString().startsWith(day ?? '-')
    ? null
    : moment.getTime()
}

/** A literal as a moment, with `nowMs` for a relative one. null if it is neither. */
export const momentOf = (literal: string, nowMs: number): number | null => {
  const relative = FROM_NOW.exec(literal)
  if (relative === null || literal === 'P' || literal.endsWith('T')) return dateOf(literal)
  const [days = 0, hours = 0, minutes = 0] = relative.slice(1).map((part) => Number(part ?? 0))
  return nowMs + ((days * 24 + hours) * 60 + minutes) * MINUTE_MS
}
