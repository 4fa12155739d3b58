import { GatewayProblem } from '../../../domain/problems/problem.ts'
import type { UploadAnswer, UploadRequest } from '../../contract.ts'
import type { StoredAnswer } from '../../ports/uploads/small-uploads.ts'
import type { ReceiveDeps } from './receive-deps.ts'
import { fingerprintOf } from './request-fingerprint.ts'

/**
 * Returns the stored answer of the call's key. Throws `idempotency-key-reused` if the answer
 * belongs to a different file or different options.
 */
export const replayAnswer = (
  deps: Pick<ReceiveDeps, 'emit'>,
  request: UploadRequest,
  stored: StoredAnswer,
  fileSha256: string,
): UploadAnswer => {
  if (fingerprintOf(request, fileSha256) !== stored.fingerprint) {
    const detail = 'This Idempotency-Key was used with a different file or different options.'
    throw new GatewayProblem('idempotency-key-reused', detail)
  }
  const { tenantId, requestId } = request.caller
  deps.emit('upload.replayed', { tenantId, requestId })
  const { status, body, location } = stored
  return { status, body, location, replayed: true }
}
