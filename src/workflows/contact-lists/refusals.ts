import type { ProblemCode } from '../../domain/problems/problem.ts'

/** What Genesys, asked on behalf of a call, lets the call end with. */
export const GENESYS_REFUSALS = [
  'genesys-unavailable',
  'genesys-refused',
] as const satisfies readonly ProblemCode[]

/** With which codes each use of this room may refuse a call. */
export const READ_LIST_REFUSALS = [
  'not-found',
  ...GENESYS_REFUSALS,
] as const satisfies readonly ProblemCode[]

export const CHANGE_LIST_REFUSALS = [
  'capability-not-available',
] as const satisfies readonly ProblemCode[]

export const PROVISION_REFUSALS = [
  'capability-not-available',
  'contact-list-ambiguous',
  'contact-list-exists',
  'idempotency-key-in-progress',
  'idempotency-key-reused',
  'database-unavailable',
  'service-stopping',
  ...GENESYS_REFUSALS,
] as const satisfies readonly ProblemCode[]
