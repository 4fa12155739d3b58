import { z } from 'zod'

import { GatewayProblem } from '../../domain/problems/problem.ts'
import type { HttpDeps } from '../server/deps.ts'
import { checkDeclaredLength, readFormFile, type SubmissionRequest } from './read-submission.ts'
import { beforeDeadline } from './submission-body.ts'
import { submissionOptions } from './submission-options.ts'

/**
 * The options of a guest file [contracts: 3]. `enabled` can only be true, because no file may
 * bypass the scanner.
 */
export const guestFileOptionsSchema = z.strictObject({
  scan: z
    .strictObject({
      enabled: z.literal(true).default(true),
      blockSuspicious: z
        .boolean()
        .default(false)
        .describe('true: the gateway refuses the file if no scanner is configured'),
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

/** The error as callers of this route expect it: `file-too-large` instead of `upload-too-large`. */
const ofGuestFile = (error: unknown): unknown =>
  error instanceof GatewayProblem && error.code === 'upload-too-large'
    ? new GatewayProblem('file-too-large', error.message, error.about)
    : error

async function* guestFileBytes(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* body
  } catch (error) {
    throw ofGuestFile(error)
  }
}

/**
 * Reads the options of a guest file and its name. `body`: the file while it arrives. Throws the
 * problems in `BODY_PROBLEMS`, and `file-too-large`.
 */
export const readGuestFile = async (
  { clock, limits }: Pick<HttpDeps, 'clock' | 'limits'>,
  request: SubmissionRequest,
): Promise<{ fileName: string; blockSuspicious: boolean; body: AsyncIterable<Uint8Array> }> => {
  try {
    checkDeclaredLength(request, limits.maxUploadBytes)
  } catch (error) {
    throw ofGuestFile(error)
  }
  const deps = { clock, limits, lastBodies: request.server.lastBodies }
  const { options, part, body } = await beforeDeadline(readFormFile(deps, request, OPTIONS), deps)
  return {
    fileName: options.fileName ?? part.filename ?? '',
    blockSuspicious: options.scan?.blockSuspicious ?? false,
    body: guestFileBytes(body),
  }
}
