import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'

import { GatewayProblem, type ProblemCode } from '../../domain/problems/problem.ts'
import { declares } from '../document/route-codes.ts'
import type { HttpDeps } from '../server/deps.ts'
import { PROBLEM_MEDIA_TYPE, problemDocument, problemOf } from '../server/problem-document.ts'

/** What a caller without a valid key needs (RFC 9110, section 11.6.1). */
export const CHALLENGE = 'Bearer realm="outbound-gateway"'
/** Every 401 needs a challenge (RFC 9110, 15.5.2). Genesys proves itself by a signature. */
const WEBHOOK_CHALLENGE = 'Webhook-Signature realm="outbound-gateway"'

/**
 * The name of an error, its code and where it was thrown. The message is left out, because it may
 * contain what a caller sent.
 */
const errorName = (error: unknown): string => {
  if (!(error instanceof Error)) return typeof error
  const code = 'code' in error && typeof error.code === 'string' ? ` ${error.code}` : ''
  const place = /\n\s+at (?:\S+ )?\(?(?:file:\/\/)?([^)\s]+)/u.exec(error.stack ?? '')?.[1] ?? ''
  return `${error.name}${code} ${place}`.trim().slice(0, 200)
}

/**
 * Reports a problem that the route does not declare, which is a defect of the gateway. The caller
 * gets the problem anyway.
 */
const tellUndeclared = (
  { emit }: Pick<HttpDeps, 'emit'>,
  request: FastifyRequest,
  problem: ProblemCode,
): void => {
  const { operation } = request.routeOptions.config
  if (request.is404 || operation === undefined || declares(operation, problem)) return
  emit('http.problem_undeclared', { requestId: request.id, operation: operation.id, problem })
}

/**
 * The problem that a caller gets for an error. Also notes the problem's code for the log line of
 * the request. An internal error is also reported to telemetry.
 */
export const noteProblem = (
  deps: Pick<HttpDeps, 'emit'>,
  error: unknown,
  request: FastifyRequest,
): GatewayProblem => {
  const problem = problemOf(error)
  request.problemCode = problem.code
  tellUndeclared(deps, request, problem.code)
  if (problem.code === 'internal-error') {
    deps.emit('http.failed', {
      requestId: request.id,
      route: request.routeOptions.url ?? 'unknown',
      error: errorName(error),
    })
  }
  return problem
}

/**
 * Answers a request with problem+json. The cause of an internal error goes to telemetry, never to
 * the caller.
 */
export const sendProblem = (
  deps: Pick<HttpDeps, 'emit'>,
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply => {
  const problem = noteProblem(deps, error, request)
  const document = problemDocument(problem, request.id)
  if (problem.retryAfterSeconds !== null) reply.header('retry-after', problem.retryAfterSeconds)
  if (document.status === 401 && !reply.hasHeader('www-authenticate')) {
    const ofKey = problem.code === 'unauthorized'
    reply.header('www-authenticate', ofKey ? CHALLENGE : WEBHOOK_CHALLENGE)
  }
  if (problem.code === 'media-type-unsupported') {
    // Tells the caller which encodings are accepted (RFC 9110, section 12.5.3).
    const { operation } = request.routeOptions.config
    const takesGzip = operation?.reads === 'file' && operation.formOnly !== true
    reply.header('accept-encoding', takesGzip ? 'gzip' : 'identity')
  }
  return reply
    .code(document.status)
    .header('content-type', PROBLEM_MEDIA_TYPE)
    .send(JSON.stringify(document))
}

type SeenRoute = { methods: string[]; url: string; pattern: RegExp }

const patternOf = (url: string): RegExp =>
  new RegExp(
    `^${url
      .split('/')
      .map((part) =>
        part.startsWith(':') ? '[^/]+' : part.replace(/[.*+?^${}()|[\]\\]/gu, String.raw`\$&`),
      )
      .join('/')}$`,
    'u',
  )

/**
 * Answers with problem+json whenever there is no other answer: for thrown problems, errors of the
 * framework, 404 and 405.
 */
export const problemsPlugin = (deps: HttpDeps) =>
  fp(
    async (app: FastifyInstance) => {
      const seen: SeenRoute[] = []
      app.addHook('onRoute', (route) => {
        if (route.url.startsWith('/docs')) return
        seen.push({ methods: [route.method].flat(), url: route.url, pattern: patternOf(route.url) })
      })
      app.setErrorHandler((error, request, reply) => sendProblem(deps, error, request, reply))
      const refuseUnknown = (request: FastifyRequest, reply: FastifyReply): never => {
        const path = request.url.split('?', 1)[0]!
        const allowed = seen
          .filter((route) => route.pattern.test(path))
          .flatMap((route) => route.methods)
        if (allowed.length === 0) {
          throw new GatewayProblem(
            'not-found',
            'The gateway has no such address. /openapi.json lists all addresses.',
          )
        }
        reply.header('allow', [...new Set(allowed)].join(', '))
        throw new GatewayProblem('method-not-allowed', 'The address does not support this method.')
      }
      // Checked before the body is read. If no route accepts the call, faults of the body do not
      // matter.
      app.addHook('onRequest', async (request, reply) => {
        if (request.raw.httpVersion === '1.1' && request.headers.host === undefined) {
          reply.header('connection', 'close')
          throw new GatewayProblem('request-malformed', 'The request has no header Host.')
        }
        if (request.is404) refuseUnknown(request, reply)
      })
      app.setNotFoundHandler(refuseUnknown)
    },
    { name: 'problems' },
  )
