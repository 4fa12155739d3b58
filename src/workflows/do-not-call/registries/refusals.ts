import type { ProblemCode } from '../../../domain/problems/problem.ts'
import { UNREADABLE_FILE } from '../../../intake/contract.ts'

/** The codes with which the gateway may refuse an edition. */
export const RECEIVE_EDITION_REFUSALS = [
  'not-found',
  'registry-country-differs',
  'registry-cut-off',
  'registry-no-numbers',
  'edition-older',
  'edition-exists',
  'edition-loading',
  'edition-base-missing',
  'edition-shrinks',
  'edition-offset-differs',
  'option-invalid',
  ...UNREADABLE_FILE,
  'idempotency-key-in-progress',
  'idempotency-key-reused',
  'unauthorized',
  'database-unavailable',
] as const satisfies readonly ProblemCode[]

export const PUT_REGISTRY_REFUSALS = ['registry-fixed'] as const satisfies readonly ProblemCode[]

export const REMOVE_EDITION_REFUSALS = [
  'not-found',
  'edition-loading',
] as const satisfies readonly ProblemCode[]
