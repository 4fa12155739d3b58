import type { ProblemCode } from '../../domain/problems/problem.ts'

/** With which codes a guest file may be refused at once. */
export const RECEIVE_FILE_REFUSALS = [
  'not-found',
  'capability-not-available',
  'scanner-not-configured',
  'file-too-large',
  'file-type-not-allowed',
  'file-empty',
  'file-type-mismatch',
  'file-name-invalid',
  'image-too-large',
  'archive-refused',
  'pdf-active-content',
  'text-invalid',
  'idempotency-key-in-progress',
  'idempotency-key-reused',
  'database-unavailable',
] as const satisfies readonly ProblemCode[]
