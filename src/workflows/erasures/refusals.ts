import type { ProblemCode } from '../../domain/problems/problem.ts'

/** The codes with which the gateway may refuse an erasure. */
export const ASK_ERASURE_REFUSALS = [
  'not-found',
  'idempotency-key-in-progress',
  'idempotency-key-reused',
] as const satisfies readonly ProblemCode[]
