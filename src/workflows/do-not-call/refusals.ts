import type { ProblemCode } from '../../domain/problems/problem.ts'
import { UNREADABLE_FILE } from '../../intake/contract.ts'

/** With which codes a submission may not be released or resumed. */
export const MOVE_SUBMISSION_REFUSALS = [
  'not-found',
  'scope-missing',
  'dnc-not-held',
] as const satisfies readonly ProblemCode[]

/** With which codes a pull may be refused. */
export const ASK_PULL_REFUSALS = [
  'dnc-pull-not-possible',
  'dnc-pull-running',
  'idempotency-key-in-progress',
  'database-unavailable',
] as const satisfies readonly ProblemCode[]

/** With which codes a submission of entries may be refused. An entry's fault rejects that entry alone. */
export const SUBMIT_ENTRIES_REFUSALS = [
  'scope-missing',
  'dnc-no-entries',
  'dnc-columns-unknown',
  ...UNREADABLE_FILE,
  'idempotency-key-in-progress',
  'idempotency-key-reused',
  'database-unavailable',
] as const satisfies readonly ProblemCode[]
