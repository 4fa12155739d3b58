import type { Socket } from 'node:net'

import { GatewayProblem, type ProblemCode } from '../domain/problem.ts'
import { PROBLEM_MEDIA_TYPE, problemDocument } from './problem-document.ts'

const CODES: Record<string, ProblemCode> = {
  HPE_HEADER_OVERFLOW: 'headers-too-large',
  ERR_HTTP_REQUEST_TIMEOUT: 'body-too-slow',
}

/** Answers what is no HTTP request at all, before any route is known; then the connection closes. */
export const answerClientError = (
  error: { code?: string },
  socket: Socket,
  requestId: string,
): void => {
  if (error.code === 'ECONNRESET' || socket.destroyed || !socket.writable) {
    socket.destroy()
    return
  }
  const code = CODES[error.code ?? ''] ?? 'request-malformed'
  const problem = new GatewayProblem(code, 'The request cannot be read.')
  const document = problemDocument(problem, requestId)
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
