import { z } from 'zod'

import type { CallContext, JobStatus } from '../../workflows/ports/genesys/genesys.ts'
import { pathSegment } from '../calls/path-segment.ts'
import type { Caller } from '../calls/retry.ts'
import { rowErrorOf } from '../calls/row-words.ts'

const count = z.number().int().nonnegative()
/**
 * Whether the answer about a job can be used. false: the job has completed, but the answer reports
 * nothing about failures, so it proves nothing about the rows.
 */
const tellsFailures = ({ status, failed, errors }: z.infer<typeof jobShape>): boolean =>
  status !== 'completed' || (failed ?? errors ?? null) !== null

const jobShape = z.looseObject({
  status: z.enum(['processing', 'completed', 'failed']),
  processed: count.nullish(),
  failed: count.nullish(),
  errors: z
    .array(
      z.looseObject({
        index: count,
        contactId: z.unknown().optional(),
        field: z.unknown().optional(),
        code: z.unknown().optional(),
        message: z.unknown().optional(),
      }),
    )
    .nullish(),
})

const jobSchema = jobShape.refine(tellsFailures, { error: 'must tell how many rows failed' })

const jobStatusOf = (job: z.infer<typeof jobShape>): JobStatus => {
  // The message is free text that may repeat the row's phone number. Only a code is kept.
  const errors = (job.errors ?? []).map(rowErrorOf).filter((error) => error !== null)
  return {
    state: job.status,
    processed: job.processed ?? null,
    // A job may count fewer failed rows than it has errors, or none. An error that names no row of
    // the request must count too, because otherwise a failed row would count as delivered.
    failed: Math.max(job.failed ?? 0, new Set(errors.map(({ index }) => index)).size),
    errors,
  }
}

/**
 * How far a job is. Every method of sending contacts in the guide dialect returns a job. Throws
 * `GenesysFailure`.
 */
export const readJob = async (
  call: Caller,
  jobId: string,
  context: CallContext,
): Promise<JobStatus> =>
  jobStatusOf(
    await call(
      {
        operation: 'read-job',
        method: 'GET',
        path: `/api/v2/outbound/jobs/${pathSegment(jobId)}`,
        schema: jobSchema,
        right: 'outbound:contact:read',
      },
      context,
    ),
  )
