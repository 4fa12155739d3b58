import { FILE_FAULT_CODES } from '../../domain/guest-files/file-fault.ts'
import type { ProblemCode } from '../../domain/problems/problem.ts'

/** The codes with which the gateway may refuse a guest file in the answer to its call. */
export const RECEIVE_FILE_REFUSALS = [
  'not-found',
  'capability-not-available',
  'scanner-not-configured',
  ...FILE_FAULT_CODES,
  'idempotency-key-in-progress',
  'idempotency-key-reused',
  'database-unavailable',
  'unauthorized',
] as const satisfies readonly ProblemCode[]

/** The codes with which the gateway may refuse to cancel a guest file. */
export const CANCEL_FILE_REFUSALS = [
  'not-found',
  'guest-file-ended',
] as const satisfies readonly ProblemCode[]
