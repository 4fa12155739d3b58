import { isStorable } from '../../lib/storable-time.ts'
import { normaliseDate } from '../contacts/date.ts'

const ZONED = /T.*(?:Z|[+-]\d{2}:?\d{2})$/u

/**
 * The point in time that the text names, as ISO 8601 in UTC. null: the text is not a date and time
 * of the calendar, or has no zone, or names a moment outside the years 1 to 9999 (UTC). The gateway
 * never assumes a zone, because the same date and time mean a different moment in each zone.
 */
export const instantOf = (written: string): string | null => {
  const text = normaliseDate(written)
  if (text === null || !ZONED.test(text)) return null
  const spelt = text.replace(',', '.').replace(/([+-]\d{2})(\d{2})$/u, '$1:$2')
  const ms = Date.parse(spelt)
  return isStorable(ms) ? new Date(ms).toISOString() : null
}
