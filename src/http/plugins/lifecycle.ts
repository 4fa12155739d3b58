import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'

import { GatewayProblem } from '../../domain/problems/problem.ts'
import type { HttpDeps } from '../server/deps.ts'
import { sendProblem } from './problems.ts'

/**
 * How long the body of a call may take to arrive, in milliseconds. Uploads and other streams have
 * their own limits.
 */
const SMALL_BODY_MS = 30_000

/**
 * Calls that arrive every few seconds. They are reported as `http.probed`, not as `http.answered`,
 * so that they do not hide other calls in the log.
 */
const PROBES: ReadonlySet<string> = new Set(['/livez', '/readyz', '/metrics'])

/** The pattern of the route, which has no ids. */
export const routeOf = (request: Pick<FastifyRequest, 'routeOptions'>): string =>
  request.routeOptions.url ?? 'unknown'

const setHeaders = (deps: HttpDeps, request: FastifyRequest, reply: FastifyReply): void => {
  reply.header('x-request-id', request.id)
  reply.header('x-content-type-options', 'nosniff')
  reply.header('referrer-policy', 'no-referrer')
  reply.header('x-frame-options', 'DENY')
  if (deps.sandbox) reply.header('x-genesys-simulated', 'true')
  if (!request.url.startsWith('/docs')) {
    reply.header('cache-control', 'no-store')
    reply.header(
      'content-security-policy',
      "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
    )
  }
}

/** Reports that a request was answered. Only the first call for a request has an effect. */
export const tellAnswered = (
  deps: Pick<HttpDeps, 'clock' | 'emit'>,
  request: Pick<
    FastifyRequest,
    'answered' | 'caller' | 'id' | 'method' | 'problemCode' | 'routeOptions' | 'startedMs'
  >,
  status: number,
): void => {
  if (request.answered) return
  request.answered = true
  const route = routeOf(request)
  deps.emit(PROBES.has(route) ? 'http.probed' : 'http.answered', {
    requestId: request.id,
    method: request.method,
    route,
    status,
    durationMs: Math.round(deps.clock.monotonicMs() - request.startedMs),
    tenantId: request.caller?.tenantId ?? null,
    problem: request.problemCode,
  })
}

/**
 * Reports a request whose connection closed before its answer was complete. The status is 499, as
 * proxies report it. If the body was incomplete, the problem is `body-broken-off`. If the gateway
 * refused the call while the body arrived, the gateway itself closed the connection. In this case,
 * the refusal is reported instead.
 */
const tellLeft = (
  deps: HttpDeps,
  request: FastifyRequest,
  { raw, statusCode }: Pick<FastifyReply, 'raw' | 'statusCode'>,
): void => {
  if (raw.headersSent && request.problemCode !== null) {
    tellAnswered(deps, request, statusCode)
    return
  }
  if (!request.answered && !request.raw.complete) request.problemCode = 'body-broken-off'
  tellAnswered(deps, request, 499)
}

/** Whether the route reads its body itself, while the body arrives. */
const readsStream = ({ routeOptions }: Pick<FastifyRequest, 'routeOptions'>): boolean =>
  routeOptions.config.operation?.reads === 'file' || routeOptions.config.streams === true

type Call = { request: FastifyRequest; reply: FastifyReply }

const slowProblem = (): GatewayProblem =>
  new GatewayProblem('body-too-slow', 'The body was not complete within 30 seconds.')

/**
 * Closes the connection of a call whose body takes too long to arrive. If the call was not answered
 * yet, answers it with a refusal first. `ended`: aborts when the server is closed.
 */
const limitSmallBody = (deps: HttpDeps, call: Call, ended: AbortSignal): void => {
  const { request, reply } = call
  const { raw } = request
  if (readsStream(request)) return
  if (raw.headers['content-length'] === undefined && !raw.headers['transfer-encoding']) return
  const closed = new AbortController()
  raw.once('close', () => {
    closed.abort()
  })
  const guard = async (): Promise<void> => {
    try {
      await deps.clock.sleep(SMALL_BODY_MS, AbortSignal.any([closed.signal, ended]))
    } catch {
      return
    }
    if (raw.complete) return
    if (!reply.sent && !reply.raw.headersSent) {
      reply.raw.once('finish', () => raw.destroy())
      reply.header('connection', 'close')
      void sendProblem(deps, slowProblem(), request, reply)
    } else raw.destroy()
  }
  void guard()
}

const stoppingProblem = (): GatewayProblem =>
  new GatewayProblem('service-stopping', 'This instance is stopping.', {}, 5)

/** How long bodies that are still arriving may take when the gateway stops, in milliseconds. */
const LAST_BODIES_MS = 3_000

/**
 * The open calls whose bodies the framework reads. While such a body arrives, no handler runs yet,
 * so no handler can answer the call. `refuse` answers all calls whose bodies are incomplete. A
 * route that reads a stream uses `request.server.lastBodies` instead.
 */
const createUnreadCalls = (deps: HttpDeps) => {
  const open = new Set<Call>()
  return {
    add: (request: FastifyRequest, reply: FastifyReply): void => {
      if (readsStream(request)) return
      const call = { request, reply }
      open.add(call)
      reply.raw.once('close', () => open.delete(call))
    },
    refuse: (): void => {
      for (const { request, reply } of open) {
        if (request.raw.complete || reply.sent) continue
        reply.header('connection', 'close')
        void sendProblem(deps, stoppingProblem(), request, reply)
      }
    },
  }
}

/**
 * Sets request ids and security headers, reports each request once, and refuses new calls (except
 * public ones) while the gateway stops.
 */
export const lifecyclePlugin = (deps: HttpDeps) =>
  fp(
    async (app: FastifyInstance) => {
      let stopping = false
      const ended = new AbortController()
      const lastBodies = new AbortController()
      const unread = createUnreadCalls(deps)
      const endBodies = async (): Promise<void> => {
        await deps.clock.sleep(deps.limits.lastBodiesMs ?? LAST_BODIES_MS, ended.signal)
        lastBodies.abort(stoppingProblem())
        unread.refuse()
      }
      app.decorate('lastBodies', lastBodies.signal)
      app.decorateRequest('caller', null)
      app.decorateRequest('startedMs', 0)
      app.decorateRequest('problemCode', null)
      app.decorateRequest('answered', false)
      app.addHook('preClose', async () => {
        stopping = true
        // Rejects if the server is closed before the wait ends. This happens if all bodies arrive
        // in time.
        endBodies().catch(() => undefined)
      })
      app.addHook('onClose', async () => {
        ended.abort()
      })
      app.addHook('onRequest', async (request, reply) => {
        request.startedMs = deps.clock.monotonicMs()
        setHeaders(deps, request, reply)
        limitSmallBody(deps, { request, reply }, ended.signal)
        unread.add(request, reply)
        // The framework does not report an answer that was cut off. It also does not report a
        // caller who closed the connection after the body was read.
        reply.raw.once('close', () => {
          if (!reply.raw.writableFinished) tellLeft(deps, request, reply)
        })
        if (stopping && request.routeOptions.config.access !== 'public') {
          reply.header('connection', 'close')
          throw stoppingProblem()
        }
      })
      // A connection that stays open after its last answer would delay the stop until the
      // connection times out.
      app.addHook('onSend', async (_request, reply) => {
        if (stopping) reply.header('connection', 'close')
      })
      app.addHook('onResponse', async (request, reply) => {
        tellAnswered(deps, request, reply.statusCode)
      })
    },
    { name: 'lifecycle' },
  )
