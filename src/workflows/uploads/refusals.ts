import { FILE_PROBLEMS } from '../../domain/problems/file-problems.ts'
import type { ProblemCode } from '../../domain/problems/problem.ts'
import { READ_LIST_REFUSALS } from '../contact-lists/refusals.ts'

/** The codes with which each use case of uploads may refuse a call. */
export const RECEIVE_REFUSALS = [
  'quota-exceeded',
  'capability-not-available',
  'contact-id-column-not-in-list',
  'idempotency-key-in-progress',
  'idempotency-key-missing',
  'idempotency-key-reused',
  'not-before-past',
  'option-invalid',
  'overwrite-confirmation-differs',
  'overwrite-not-confirmed',
  'scope-missing',
  'database-unavailable',
  'unauthorized',
  ...READ_LIST_REFUSALS,
  ...(Object.keys(FILE_PROBLEMS) as (keyof typeof FILE_PROBLEMS)[]),
] as const satisfies readonly ProblemCode[]

export const SEE_REFUSALS = ['scope-missing', 'not-found'] as const satisfies readonly ProblemCode[]

export const CONTROL_REFUSALS = [
  'not-found',
  'precondition-failed',
  'state-conflict',
] as const satisfies readonly ProblemCode[]

export const APPLY_REFUSALS = [
  'plan-changed',
  'rows-gone',
  'schema-drift',
  'state-conflict',
  ...READ_LIST_REFUSALS,
] as const satisfies readonly ProblemCode[]

export const RETRY_REFUSALS = [
  'contact-id-column-not-in-list',
  'idempotency-key-in-progress',
  'idempotency-key-reused',
  'nothing-to-retry',
  'retry-needs-overwrite',
  'retry-under-way',
  'rows-gone',
  'schema-drift',
  'state-conflict',
  'database-unavailable',
  'unauthorized',
  ...READ_LIST_REFUSALS,
] as const satisfies readonly ProblemCode[]

export const EXPLAIN_REFUSALS = [
  'contact-unknown',
  'parameter-invalid',
] as const satisfies readonly ProblemCode[]
