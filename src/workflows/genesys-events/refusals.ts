import type { ProblemCode } from '../../domain/problems/problem.ts'

/** The codes with which the gateway may refuse a webhook of Genesys. */
export const WEBHOOK_REFUSALS = [
  'webhook-proof-invalid',
  'webhook-malformed',
  'database-unavailable',
] as const satisfies readonly ProblemCode[]
