import type { Socket } from 'node:net'

import { GatewayProblem, type ProblemCode } from '../../domain/problems/problem.ts'
import { PROBLEM_MEDIA_TYPE, problemDocument } from './problem-document.ts'

const REFUSALS: Record<string, { code: ProblemCode; detail: string }> = {
  HPE_HEADER_OVERFLOW: { code: 'headers-too-large', detail: 'The headers are too large.' },
  // The time of bodies is not Node's to watch (requestTimeout is 0), so this is about the headers.
  ERR_HTTP_REQUEST_TIMEOUT: {
    code: 'request-too-slow',
    detail: 'The headers did not arrive in time.',
  },
}
const MALFORMED = { code: 'request-malformed', detail: 'The request cannot be read.' } as const

/**
 * Answers messages that are not HTTP requests, before any route is known. Then the connection
 * closes.
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
