import type { ProblemCode } from '../../domain/problems/problem.ts'

/** The codes with which the gateway may refuse a certificate. */
export const CERTIFICATE_REFUSALS = [
  'not-found',
  'scrub-check-outstanding',
] as const satisfies readonly ProblemCode[]

/** The codes with which the gateway may refuse evidence. */
export const EVIDENCE_REFUSALS = [
  'evidence-time-invalid',
  'evidence-cursor-invalid',
] as const satisfies readonly ProblemCode[]
