import type { ProblemCode } from '../../domain/problems/problem.ts'
import { UNREADABLE_FILE } from '../../intake/contract.ts'

/** The codes with which the gateway may refuse to release or resume a submission. */
export const MOVE_SUBMISSION_REFUSALS = [
  'not-found',
  'scope-missing',
  'dnc-not-held',
] as const satisfies readonly ProblemCode[]

/** The codes with which the gateway may refuse a pull. */
export const ASK_PULL_REFUSALS = [
  'dnc-pull-not-possible',
  'dnc-pull-running',
  'idempotency-key-in-progress',
  'database-unavailable',
] as const satisfies readonly ProblemCode[]

/**
 * The codes with which the gateway may refuse a whole submission. If an entry is faulty, the
 * gateway rejects only this entry, not the submission.
 */
export const SUBMIT_ENTRIES_REFUSALS = [
  'scope-missing',
  'dnc-no-entries',
  'dnc-columns-unknown',
  ...UNREADABLE_FILE,
  'idempotency-key-in-progress',
  'idempotency-key-reused',
  'database-unavailable',
  'unauthorized',
  'not-found',
] as const satisfies readonly ProblemCode[]
