import { z } from 'zod'

import type { CallContext, JobStatus } from '../../workflows/ports/genesys/genesys.ts'
import { pathSegment } from '../calls/path-segment.ts'
import type { Caller } from '../calls/retry.ts'
import { rowErrorOf } from '../calls/row-words.ts'

const count = z.number().int().nonnegative()
const jobSchema = z.looseObject({
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

const jobStatusOf = (job: z.infer<typeof jobSchema>): JobStatus => ({
  state: job.status,
  processed: job.processed ?? 0,
  failed: job.failed ?? 0,
  // The message is free text and may repeat the row's phone number: a code goes on, never the
  // words.
  errors: (job.errors ?? []).map(rowErrorOf).filter((error) => error !== null),
})

/** How far a job has got. All ways of sending contacts return one. Throws `GenesysFailure`. */
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
