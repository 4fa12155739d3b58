/**
 * The first and the last moment that the database reads as text, and that ISO 8601 writes with four
 * digits of the year. A time with an offset can lie outside, although its text has a valid year:
 * `9999-12-31T23:59:59-05:00` is in the year 10000.
 */
const EARLIEST_MS = Date.parse('0001-01-01T00:00:00.000Z')
const LATEST_MS = Date.parse('9999-12-31T23:59:59.999Z')

/** Whether the moment, in milliseconds since 1970, is one that can be stored. */
export const isStorable = (ms: number): boolean => ms >= EARLIEST_MS && ms <= LATEST_MS

/** The moment itself, or the nearest one that can be stored. */
export const nearestStorable = (at: Date): Date =>
  new Date(Math.min(LATEST_MS, Math.max(EARLIEST_MS, at.getTime())))
