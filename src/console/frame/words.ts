import { ENGLISH, fill, shownCount } from '../texts/texts.ts'

const escaped = (text: string): string =>
  text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')

/** A time in UTC, to the minute. A script of the page changes it to the time zone of the reader. */
const utcText = (iso: string): string => `${iso.slice(0, 10)} ${iso.slice(11, 16)} UTC`

/** A `<time>` element. Without scripts it shows UTC. null: a dash. */
export const timeHtml = (iso: string | null): string =>
  iso === null
    ? '–'
    : `<time datetime="${escaped(iso)}" title="${escaped(utcText(iso))}">${escaped(utcText(iso))}</time>`

const BYTE_UNITS = ['B', 'kB', 'MB', 'GB'] as const

/** For example `68.8 MB`. A kB is a thousand bytes. */
export const shownBytes = (bytes: number): string => {
  let value = bytes
  let unit = 0
  while (value >= 1000 && unit < BYTE_UNITS.length - 1) {
    value /= 1000
    unit += 1
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${BYTE_UNITS[unit]}`
}

/** A duration in its largest unit. Minutes are used up to 59, hours up to 47. */
export const shownDuration = (seconds: number): string => {
  const { units } = ENGLISH
  const whole = Math.max(0, Math.round(seconds))
  if (whole < 60) return fill(units.seconds, { count: whole })
  const minutes = Math.floor(whole / 60)
  if (minutes < 60) return fill(units.minutes, { count: minutes })
  const hours = Math.floor(minutes / 60)
  if (hours < 48) return fill(units.hours, { count: hours })
  return fill(units.days, { count: Math.floor(hours / 24) })
}

/** The functions and texts that every template can use. */
export const WORDS = {
  t: ENGLISH,
  fill,
  count: shownCount,
  bytes: shownBytes,
  time: timeHtml,
  duration: shownDuration,
}
