/** The longest wait that an answer may demand: an hour. A longer one counts as an hour. */
export const MAX_RETRY_AFTER_MS = 3_600_000

const SECONDS = /^\d{1,15}(\.\d{1,6})?$/
const HTTP_DATE =
  /^(?:[A-Za-z]{3,9},? )(?:\d{2}[ -][A-Za-z]{3}[ -]\d{2,4} \d{2}:\d{2}:\d{2} GMT|[A-Za-z]{3} [ \d]\d \d{2}:\d{2}:\d{2} \d{4})$/

/** An asctime date has no zone but means GMT (RFC 9110, 5.6.7). */
const dateMs = (text: string): number => Date.parse(text.endsWith('GMT') ? text : `${text} GMT`)

/**
 * The wait that `Retry-After` demands, in milliseconds from `nowMs`, between 0 and an hour. The
 * header has seconds or one of three forms of a date (RFC 9110). null: the header is missing, or
 * the gateway does not understand it (negative, empty, free text). The caller then uses its own
 * backoff.
 */
export const parseRetryAfter = (value: string | undefined, nowMs: number): number | null => {
  const text = value?.trim() ?? ''
  const waitMs = SECONDS.test(text)
    ? Math.ceil(Number(text) * 1000)
    : HTTP_DATE.test(text)
      ? dateMs(text) - nowMs
      : Number.NaN
  if (Number.isNaN(waitMs)) return null
  return Math.min(MAX_RETRY_AFTER_MS, Math.max(0, waitMs))
}
