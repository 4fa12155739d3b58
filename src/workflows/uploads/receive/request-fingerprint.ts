import { createHash } from 'node:crypto'

import { GatewayProblem } from '../../../domain/problems/problem.ts'
import { canonicalJson } from '../../../lib/canonical-json.ts'
import { sha256Hex } from '../../../lib/digest.ts'
import type { UploadRequest } from '../../contract.ts'

/**
 * A digest of what a call requests: options, list, format and the file's bytes. Two calls with one
 * Idempotency-Key are the same call if their digests are equal.
 */
export const fingerprintOf = (
  request: Pick<UploadRequest, 'options' | 'contactListId' | 'format'>,
  fileSha256: string,
): string => {
  const { options, contactListId, format } = request
  return sha256Hex(canonicalJson({ options, contactListId, format, file: fileSha256 }))
}

/**
 * Reads a body to its end and returns its SHA-256. Throws `upload-too-large` if the body is longer
 * than `maxBytes`.
 */
export const hashBody = async (
  body: AsyncIterable<Uint8Array>,
  maxBytes: number,
): Promise<string> => {
  const digest = createHash('sha256')
  let bytes = 0
  for await (const piece of body) {
    bytes += piece.byteLength
    if (bytes > maxBytes) {
      throw new GatewayProblem('upload-too-large', 'The file is larger than the gateway allows.', {
        maxBytes,
      })
    }
    digest.update(piece)
  }
  return digest.digest('hex')
}
