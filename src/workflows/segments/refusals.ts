import type { ProblemCode } from '../../domain/problems/problem.ts'
import { GENESYS_REFUSALS } from '../contact-lists/refusals.ts'

/** What any definition may be refused for, also that of an earlier version. */
const PREPARE_SEGMENT_REFUSALS = [
  'not-found',
  'segment-invalid',
  'segment-too-complex',
  'attribute-not-expressible',
  'operator-not-expressible',
  'campaign-list-differs',
  ...GENESYS_REFUSALS,
] as const satisfies readonly ProblemCode[]

/** The codes with which each use case of segments may refuse a call. */
export const PREVIEW_SEGMENT_REFUSALS = [
  ...PREPARE_SEGMENT_REFUSALS,
  'capability-not-available',
] as const satisfies readonly ProblemCode[]

export const ROLL_BACK_SEGMENT_REFUSALS = [
  ...PREPARE_SEGMENT_REFUSALS,
  'campaign-running',
  'segment-needs-confirm',
  'precondition-failed',
  'idempotency-key-in-progress',
  'idempotency-key-reused',
  'database-unavailable',
] as const satisfies readonly ProblemCode[]

export const PUT_SEGMENT_REFUSALS = [
  ...ROLL_BACK_SEGMENT_REFUSALS,
  'capability-not-available',
] as const satisfies readonly ProblemCode[]

export const READ_SEGMENT_REFUSALS = ['not-found'] as const satisfies readonly ProblemCode[]

export const RESUME_SEGMENT_REFUSALS = [
  'not-found',
  'segment-not-held',
] as const satisfies readonly ProblemCode[]
