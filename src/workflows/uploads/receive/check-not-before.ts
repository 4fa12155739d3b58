import { GatewayProblem } from '../../../domain/problems/problem.ts'
import type { UploadOptions } from '../../../domain/uploads/upload-options.ts'

/** An upload waits as long as its rows are kept (docs/retention.md), and no longer. */
const MOST_DAYS_AHEAD = 30
const DAY_MS = 24 * 60 * 60 * 1000

/** Refuses a time further ahead than 30 days; one that has passed asks for nothing. */
export const checkNotBefore = ({ notBefore }: UploadOptions, now: Date): void => {
  if (notBefore === undefined) return
  if (Date.parse(notBefore) - now.getTime() <= MOST_DAYS_AHEAD * DAY_MS) return
  const detail = `notBefore is at most ${MOST_DAYS_AHEAD} days ahead.`
  throw new GatewayProblem('option-invalid', detail, { options: ['notBefore'] })
}
