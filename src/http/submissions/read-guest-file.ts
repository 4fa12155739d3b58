import { z } from 'zod'

import { GatewayProblem } from '../../domain/problems/problem.ts'
import type { HttpDeps } from '../server/deps.ts'
import { readFormFile, type SubmissionRequest } from './read-submission.ts'
import { beforeDeadline } from './submission-body.ts'
import { submissionOptions } from './submission-options.ts'

/**
 * The options of a guest file [contracts: 3]. `enabled: false` is refused, because no file may
 * bypass the scanner.
 */
export const guestFileOptionsSchema = z.strictObject({
  scan: z
    .strictObject({
      enabled: z.literal(true).default(true),
      blockSuspicious: z
        .boolean()
        .default(false)
        .describe('Refuses the file when no scanner is configured'),
    })
    .optional(),
  fileName: z
    .string()
    .min(1)
    .max(1024)
    .optional()
    .describe('Default: the file name of the part `file`'),
})

const OPTIONS = submissionOptions(guestFileOptionsSchema)

/** The body as it comes; a file past the limit is `file-too-large` here. */
async function* ofGuestFile(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* body
  } catch (error) {
    if (!(error instanceof GatewayProblem) || error.code !== 'upload-too-large') throw error
    throw new GatewayProblem('file-too-large', error.message, error.about)
  }
}

/**
 * The options of a guest file, its name as it was sent, and the bytes as they stream in. Throws
 * `BODY_PROBLEMS` and `file-too-large`.
 */
export const readGuestFile = async (
  { clock, limits }: Pick<HttpDeps, 'clock' | 'limits'>,
  request: SubmissionRequest,
): Promise<{ fileName: string; blockSuspicious: boolean; body: AsyncIterable<Uint8Array> }> => {
  const deps = { clock, limits, lastBodies: request.server.lastBodies }
  const { options, part, body } = await beforeDeadline(readFormFile(deps, request, OPTIONS), deps)
  return {
    fileName: options.fileName ?? part.filename ?? '',
    blockSuspicious: options.scan?.blockSuspicious ?? false,
    body: ofGuestFile(body),
  }
}
