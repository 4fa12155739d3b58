import type { ProblemCode } from '../../domain/problems/problem.ts'

/** With which codes a certificate may be refused. */
export const CERTIFICATE_REFUSALS = [
  'not-found',
  'scrub-check-outstanding',
] as const satisfies readonly ProblemCode[]

/** With which codes evidence may be refused. */
export const EVIDENCE_REFUSALS = [
  'evidence-time-invalid',
  'evidence-cursor-invalid',
] as const satisfies readonly ProblemCode[]
