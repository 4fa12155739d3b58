import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'

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
const BROKEN_OFF = {
  code: 'body-broken-off',
  detail: 'The body ended before it was complete.',
} as const

/** The last call of a connection. */
export type LastCall = {
  request: Pick<IncomingMessage, 'complete'>
  response: Pick<ServerResponse, 'headersSent' | 'writableFinished'>
}

const refusalOf = (errorCode: string, last: LastCall | undefined) => {
  const isCut = errorCode === 'HPE_INVALID_EOF_STATE' && last?.request.complete === false
  return isCut ? BROKEN_OFF : (REFUSALS[errorCode] ?? MALFORMED)
}

/**
 * Answers bytes that are not a valid HTTP request, and closes the connection. No route sees such
 * bytes. If the last call is being answered, they get no answer of their own, because it would
 * become a part of the other answer.
 */
export const answerClientError = (
  error: { code?: string },
  socket: Pick<Duplex, 'destroyed' | 'writable' | 'destroy' | 'end'>,
  requestId: string,
  last?: LastCall,
): void => {
  if (error.code === 'ECONNRESET' || socket.destroyed || !socket.writable) {
    socket.destroy()
    return
  }
  if (last !== undefined && last.response.headersSent && !last.response.writableFinished) {
    socket.end()
    return
  }
  const { code, detail } = refusalOf(error.code ?? '', last)
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

/** `before`: the answer to the call before it on the connection. */
type OpenCall = {
  request: IncomingMessage
  response: ServerResponse
  before: ServerResponse | undefined
}

/**
 * The last answer that a call is still to get. That is not the answer of a call with a part of its
 * body missing, because the bytes belong to that call. undefined: no call waits for its answer.
 */
const owedAnswer = ({ request, response, before }: OpenCall): ServerResponse | undefined => {
  const last = request.complete ? response : before
  return last?.writableFinished || last?.destroyed ? undefined : last
}

/** The last call of each connection, and the answer to bytes that no route sees. */
export const createClientErrors = (newRequestId: () => string) => {
  const calls = new WeakMap<Duplex, OpenCall>()
  const waiting = new WeakSet<Duplex>()
  /**
   * If the bytes follow a call without an answer, that call is answered first. Otherwise its caller
   * would take the refusal of these bytes for the answer of the call.
   */
  const answer = (error: { code?: string }, socket: Duplex): void => {
    const last = calls.get(socket)
    const mustGo = error.code === 'ECONNRESET' || socket.destroyed
    const owed = last === undefined || mustGo ? undefined : owedAnswer(last)
    if (owed === undefined) {
      answerClientError(error, socket, newRequestId(), last)
    } else if (!waiting.has(socket)) {
      waiting.add(socket)
      const own = owed === last?.response ? undefined : last
      owed.once('finish', () => answerClientError(error, socket, newRequestId(), own))
    }
  }
  return {
    answer,
    watch: (server: Server): void => {
      server.on('request', (request, response) => {
        const before = calls.get(request.socket)?.response
        calls.set(request.socket, { request, response, before })
      })
      // Node would close the connection without an answer. It has removed its own listeners and
      // time limits from the connection. Without the listeners below, an error would end the
      // process, and a long answer of the call before would never go on.
      server.on('connect', (_request, socket) => {
        socket.on('error', () => socket.destroy())
        socket.on('finish', () => socket.destroy())
        socket.on('drain', () => calls.get(socket)?.response.emit('drain'))
        answer({}, socket)
      })
    },
  }
}
