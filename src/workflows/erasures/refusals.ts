import type { ProblemCode } from '../../domain/problems/problem.ts'

/** With which codes an erasure may be refused. */
export const ASK_ERASURE_REFUSALS = [
  'not-found',
  'idempotency-key-in-progress',
  'idempotency-key-reused',
] as const satisfies readonly ProblemCode[]
