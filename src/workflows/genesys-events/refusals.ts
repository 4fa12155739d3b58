import type { ProblemCode } from '../../domain/problems/problem.ts'

/** With which codes a webhook of Genesys may be refused. */
export const WEBHOOK_REFUSALS = [
  'webhook-proof-invalid',
  'webhook-malformed',
  'database-unavailable',
] as const satisfies readonly ProblemCode[]
