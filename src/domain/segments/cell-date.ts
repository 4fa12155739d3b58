/**
 * A date in a cell, or in a literal of `before` and `after`: a day, or a day with a time in UTC.
 */
const DATE = /^\d{4}-\d{2}-\d{2}(?:T(?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d{1,3})?)?Z?)?$/
/**
 * A time relative to now, in the form of the platform: days, hours and minutes of two digits, each
 * with a minus sign for the past, such as `P-07D`.
 */
const FROM_NOW = /^P(?:(-?\d{2})D)?(?:T(?:(-?\d{2})H)?(?:(-?\d{2})M)?)?$/

const MINUTE_MS = 60_000

/**
 * The date in milliseconds since 1970. null: the text is not a date of the calendar. A day without
 * a time counts as its first moment.
 */
export const dateOf = (text: string): number | null => {
  if (!DATE.test(text)) return null
  const [day, time = '00:00'] = text.replace('Z', '').split('T')
  const moment = new Date(`${day}T${time}Z`)
  // JavaScript would read February 30 as a day in March.
  return Number.isNaN(moment.getTime()) || !moment.toISOString().startsWith(day ?? '-')
    ? null
    : moment.getTime()
}

/**
 * The moment that a literal names. `nowMs`: the time from which a relative literal counts. null:
 * the literal names no moment.
 */
export const momentOf = (literal: string, nowMs: number): number | null => {
  const relative = FROM_NOW.exec(literal)
  if (relative === null || literal === 'P' || literal.endsWith('T')) return dateOf(literal)
  const [days = 0, hours = 0, minutes = 0] = relative.slice(1).map((part) => Number(part ?? 0))
  return nowMs + ((days * 24 + hours) * 60 + minutes) * MINUTE_MS
}
