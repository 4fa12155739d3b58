import type { Socket } from 'node:net'

import { GatewayProblem, type ProblemCode } from '../../domain/problems/problem.ts'
import { PROBLEM_MEDIA_TYPE, problemDocument } from './problem-document.ts'

const REFUSALS: Record<string, { code: ProblemCode; detail: string }> = {
  HPE_HEADER_OVERFLOW: { code: 'headers-too-large', detail: 'The headers are too large.' },
  // Node sends this code only for slow headers, because its limit for whole requests is off
  // (requestTimeout is 0).
  ERR_HTTP_REQUEST_TIMEOUT: {
    code: 'request-too-slow',
    detail: 'The headers did not arrive in time.',
  },
}
const MALFORMED = { code: 'request-malformed', detail: 'The request cannot be read.' } as const

/**
 * Answers bytes that are not a valid HTTP request, and closes the connection. No route sees such
 * bytes.
 */
export const answerClientError = (
  error: { code?: string },
  socket: Pick<Socket, 'destroyed' | 'writable' | 'destroy' | 'end'>,
  requestId: string,
): void => {
  if (error.code === 'ECONNRESET' || socket.destroyed || !socket.writable) {
    socket.destroy()
    return
  }
  const { code, detail } = REFUSALS[error.code ?? ''] ?? MALFORMED
  const document = problemDocument(new GatewayProblem(code, detail), requestId)
  const body = JSON.stringify(document)
  socket.end(
    [
      `HTTP/1.1 ${document.status} Refused`,
      `content-type: ${PROBLEM_MEDIA_TYPE}`,
      `content-length: ${Buffer.byteLength(body)}`,
      `x-request-id: ${requestId}`,
      'connection: close',
      '',
      body,
    ].join('\r\n'),
  )
}
