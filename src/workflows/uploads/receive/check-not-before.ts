import { GatewayProblem } from '../../../domain/problems/problem.ts'
import type { UploadOptions } from '../../../domain/uploads/upload-options.ts'

/** An upload may wait as long as its rows are kept (docs/retention.md). */
const MOST_DAYS_AHEAD = 30
const DAY_MS = 24 * 60 * 60 * 1000

/** Throws `option-invalid` if `notBefore` is more than 30 days ahead. */
export const checkNotBefore = ({ notBefore }: UploadOptions, now: Date): void => {
  if (notBefore === undefined) return
  if (Date.parse(notBefore) - now.getTime() <= MOST_DAYS_AHEAD * DAY_MS) return
  const detail = `notBefore can be at most ${MOST_DAYS_AHEAD} days ahead.`
  throw new GatewayProblem('option-invalid', detail, { options: ['notBefore'] })
}

/**
 * Throws `not-before-past` if the time has passed. The year or the zone is then probably wrong, and
 * without this check the upload would be sent immediately. Check new calls only: a call that
 * repeats an earlier call gets the stored answer, even after this time.
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
