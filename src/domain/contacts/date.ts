const ISO_DATE =
  /^(\d{4})-(\d{2})-(\d{2})(?:T(\d{2}):(\d{2})(?::(\d{2})(?:[.,]\d{1,9})?)?(?:Z|[+-](\d{2}):?(\d{2}))?)?$/

const LONGEST = 40

const daysIn = (year: number, month: number): number =>
  month === 2
    ? year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)
      ? 29
      : 28
    : month === 4 || month === 6 || month === 9 || month === 11
      ? 30
      : 31

/**
 * The trimmed text if it is a date of the calendar in ISO 8601 (`2026-12-31`), or a date with a
 * time (`2026-12-31T23:59[:59[.999]][Z|±hh:mm]`). Otherwise null. Nothing is converted: Genesys
 * gets what the CRM wrote.
 */
export const normaliseDate = (written: string): string | null => {
  const text = written.trim()
  if (text.length > LONGEST) return null
  const parts = ISO_DATE.exec(text)
  if (parts === null) return null
  const [year, month, day, hour, minute, second, zoneHour, zoneMinute] = parts
    .slice(1)
    .map((part: string | undefined) => Number(part ?? 0)) as [
    number,
    number,
    number,
    number,
    number,
    number,
    number,
    number,
  ]
  if (month < 1 || month > 12 || day < 1 || day > daysIn(year, month)) return null
  if (hour > 23 || minute > 59 || second > 59 || zoneHour > 14 || zoneMinute > 59) return null
  return text
}
