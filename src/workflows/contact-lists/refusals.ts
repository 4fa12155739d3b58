import type { ProblemCode } from '../../domain/problems/problem.ts'

/**
 * The codes with which a call may end if Genesys is down or refuses a request made for the call.
 */
export const GENESYS_REFUSALS = [
  'genesys-unavailable',
  'genesys-refused',
] as const satisfies readonly ProblemCode[]

/** The codes with which each use case of contact lists may refuse a call. */
export const READ_LIST_REFUSALS = [
  'not-found',
  ...GENESYS_REFUSALS,
] as const satisfies readonly ProblemCode[]

export const CHANGE_LIST_REFUSALS = [
  'capability-not-available',
  ...READ_LIST_REFUSALS,
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
