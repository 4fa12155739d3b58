import type { ProblemCode } from '../../domain/problems/problem.ts'

/** With which codes a submission may not be released or resumed. */
export const MOVE_SUBMISSION_REFUSALS = [
  'not-found',
  'scope-missing',
  'dnc-not-held',
] as const satisfies readonly ProblemCode[]

/** With which codes a submission of entries may be refused. An entry's fault rejects that entry alone. */
export const SUBMIT_ENTRIES_REFUSALS = [
  'dnc-no-entries',
  'dnc-columns-unknown',
  'header-duplicate',
  'header-forbidden',
  'encoding-invalid',
  'compression-invalid',
  'compression-ratio',
  'csv-malformed',
  'json-malformed',
  'upload-too-large',
  'upload-too-many-rows',
  'idempotency-key-in-progress',
  'idempotency-key-reused',
  'database-unavailable',
] as const satisfies readonly ProblemCode[]
