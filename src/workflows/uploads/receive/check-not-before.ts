import { GatewayProblem } from '../../../domain/problems/problem.ts'
import type { UploadOptions } from '../../../domain/uploads/upload-options.ts'

/** An upload waits as long as its rows are kept (docs/retention.md), and no longer. */
const MOST_DAYS_AHEAD = 30
const DAY_MS = 24 * 60 * 60 * 1000

/** Refuses a time more than 30 days ahead. */
export const checkNotBefore = ({ notBefore }: UploadOptions, now: Date): void => {
  if (notBefore === undefined) return
  if (Date.parse(notBefore) - now.getTime() <= MOST_DAYS_AHEAD * DAY_MS) return
  const detail = `notBefore may be at most ${MOST_DAYS_AHEAD} days ahead.`
  throw new GatewayProblem('option-invalid', detail, { options: ['notBefore'] })
}

/**
 * Refuses a time that has passed: the year or the zone is probably wrong, and the upload would go
 * immediately. Checked only for a new call: one that repeats an earlier call gets that one's
 * answer, however late.
 */
export const checkNotPast = ({ notBefore }: UploadOptions, now: Date): void => {
  if (notBefore === undefined || Date.parse(notBefore) >= now.getTime()) return
  throw new GatewayProblem(
    'not-before-past',
    'notBefore has passed. Leave it out to send immediately.',
    {
      options: ['notBefore'],
      now: now.toISOString(),
    },
  )
}
