/** The longest wait that an answer may impose: an hour. A larger value counts as an hour. */
export const MAX_RETRY_AFTER_MS = 3_600_000

const SECONDS = /^\d{1,15}(\.\d{1,6})?$/
const HTTP_DATE =
  /^(?:[A-Za-z]{3,9},? )(?:\d{2}[ -][A-Za-z]{3}[ -]\d{2,4} \d{2}:\d{2}:\d{2} GMT|[A-Za-z]{3} [ \d]\d \d{2}:\d{2}:\d{2} \d{4})$/

/** asctime carries no zone but means GMT (RFC 9110, 5.6.7). */
const dateMs = (text: string): number => Date.parse(text.endsWith('GMT') ? text : `${text} GMT`)

/**
 * `Retry-After` as milliseconds from `nowMs` (RFC 9110: seconds, or one of three date forms),
 * between 0 and an hour. null when absent or not understood (negative, empty, free text): the
 * caller's own backoff then decides.
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
