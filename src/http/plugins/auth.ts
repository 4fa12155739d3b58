import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'

import { hasScope, type ApiKey, type Caller, type Scope } from '../../domain/access/access.ts'
import { isRefusedOverQuota } from '../../domain/access/quotas.ts'
import { GatewayProblem } from '../../domain/problems/problem.ts'
import { sameBytes, sha256 } from '../../lib/digest.ts'
import { keyRequestsPerMinute, type HttpDeps } from '../server/deps.ts'
import { findKeyOf } from '../server/doorway.ts'
import { createKeyFailures, type KeyFailures } from '../server/key-failures.ts'
import { createKeyQuota, quotaHeaders, type KeyQuota } from '../server/key-quota.ts'
import { storageFull } from '../server/problem-document.ts'
import { CHALLENGE } from './problems.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /**
     * Counts a call that was made with a console session against the quotas of the session's key
     * and tenant. Throws 429.
     */
    chargeCall: (
      caller: Pick<Caller, 'keyId' | 'tenantId'>,
      scope: Scope | null,
      reply: FastifyReply,
    ) => Promise<void>
  }
}

const bearerOf = (request: FastifyRequest): string | null => {
  const match = /^Bearer ([\x21-\x7e]{1,512})$/iu.exec(request.headers.authorization ?? '')
  return match?.[1] ?? null
}

const unauthorized = (reply: FastifyReply): GatewayProblem => {
  reply.header('www-authenticate', CHALLENGE)
  return new GatewayProblem('unauthorized', 'This call needs a valid API key.')
}

/**
 * Whether the call comes from this machine. A call with a forwarding header of a proxy never counts
 * as local, even if the proxy runs on this machine.
 */
const isLoopback = (request: FastifyRequest): boolean => {
  const { headers, socket } = request.raw
  if (headers['x-forwarded-for'] ?? headers['forwarded'] ?? headers['x-real-ip']) return false
  const address = (socket.remoteAddress ?? '').replace(/^::ffff:/u, '')
  return address === '::1' || address.startsWith('127.')
}

const isLive = (key: ApiKey, now: Date): boolean =>
  key.revokedAt === null && (key.expiresAt === null || key.expiresAt > now)

/**
 * Makes a check for calls that stay open for long: whether the key of the call still allows it. The
 * check reads the database. While the database does not answer, the call is still allowed.
 */
export const keyCheckOf = (
  { access, clock }: Pick<HttpDeps, 'access' | 'clock'>,
  request: FastifyRequest,
  scope: Scope,
): (() => Promise<boolean>) => {
  const digest = sha256(bearerOf(request) ?? '')
  return async () => {
    try {
      const key = await access.findKey(digest)
      return key !== null && isLive(key, clock.now()) && hasScope(key.scopes, scope)
    } catch {
      return true
    }
  }
}

/**
 * The key of the call. Throws 401 or 429. Keys are compared by their SHA-256 digests, so the
 * duration does not reveal how much of a guessed key is right.
 */
const authenticate = async (
  deps: HttpDeps,
  failures: KeyFailures,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<ApiKey> => {
  const bearer = bearerOf(request)
  if (bearer === null) throw unauthorized(reply)
  const digest = sha256(bearer)
  const wait = failures.blockedForSeconds(request.ip, digest)
  if (wait !== null) {
    throw new GatewayProblem('too-many-requests', 'Too many calls with refused keys.', {}, wait)
  }
  const key = await findKeyOf(deps, request, digest)
  if (!key || !isLive(key, deps.clock.now())) {
    failures.failed(request.ip)
    throw unauthorized(reply)
  }
  failures.succeeded(digest)
  return key
}

/**
 * Counts the call against its key's quota. Throws 429. The answer to the call then has the headers
 * of the quota, even if it is a refusal.
 */
const charge = (quota: KeyQuota, keyId: string, reply: FastifyReply): void => {
  const verdict = quota.take(keyId)
  reply.headers(quotaHeaders(quota.perMinute, verdict))
  if (verdict.allowed) return
  const detail = `This key has used up its quota of ${quota.perMinute} calls per minute.`
  throw new GatewayProblem('too-many-requests', detail, {}, verdict.resetSeconds)
}

const authorize = (request: FastifyRequest, key: ApiKey, scope: Scope | null): void => {
  request.caller = {
    tenantId: key.tenantId,
    keyId: key.id,
    scopes: key.scopes,
    requestId: request.id,
  }
  if (scope !== null && !hasScope(key.scopes, scope)) {
    throw new GatewayProblem('scope-missing', `This call needs the scope ${scope}.`, { scope })
  }
}

/**
 * Counts the call against the quotas of its tenant. Throws 429. Calls that need the scope `dnc` or
 * `dnc:override` are counted but never refused.
 */
const countCall = async ({ countUse }: HttpDeps, tenantId: string, scope: Scope | null) =>
  countUse?.request(tenantId, isRefusedOverQuota(scope))

const READS: ReadonlySet<string> = new Set(['GET', 'HEAD'])

/**
 * Checks the caller's key and scope, and the access to `/metrics`. Denies by default: a route that
 * does not state who may call it makes the start fail.
 */
export const authPlugin = (deps: HttpDeps) =>
  fp(
    async (app: FastifyInstance) => {
      const failures = createKeyFailures({
        clock: deps.clock,
        perMinute: deps.limits.keyFailuresPerMinute ?? 30,
      })
      const quota = createKeyQuota({
        clock: deps.clock,
        perMinute: keyRequestsPerMinute(deps.limits),
      })
      app.addHook('onRoute', (route) => {
        // A library registers the pages of the documentation, and cannot state who may call them.
        if (/^\/docs(?:\/|$)/u.test(route.url)) route.config = { ...route.config, access: 'public' }
        if (!route.config?.access) {
          throw new Error(
            `The route ${String(route.method)} ${route.url} does not say who may call it`,
          )
        }
      })
      app.decorateRequest('doorway', null)
      app.decorate('chargeCall', async ({ keyId, tenantId }, scope, reply) => {
        charge(quota, keyId, reply)
        await countCall(deps, tenantId, scope)
      })
      app.addHook('onClose', async () => deps.countUse?.stop())
      app.addHook('onRequest', async (request, reply) => {
        // A call without a route is only answered with 404 or 405, so it needs no key.
        if (request.is404) return
        const { access } = request.routeOptions.config
        // Pages of the console check their sessions themselves. No other route accepts the cookie
        // of a session.
        if (access === 'public' || access === 'session') return
        if (access === 'metrics') {
          if (isLoopback(request)) return
          const bearer = bearerOf(request)
          if (bearer !== null && deps.metricsToken !== null) {
            if (sameBytes(Buffer.from(bearer), Buffer.from(deps.metricsToken))) return
          }
        }
        const key = await authenticate(deps, failures, request, reply)
        charge(quota, key.id, reply)
        const scope = typeof access === 'object' ? access.scope : access === 'key' ? null : 'admin'
        authorize(request, key, scope)
        await countCall(deps, key.tenantId, scope)
        deps.access.noteUse(key.id)
      })
      app.addHook('onRequest', async ({ caller, method }) => {
        // Reads continue while the disk is full. A webhook of Genesys has no caller and is
        // accepted, because its receipt is small.
        if (caller !== null && !READS.has(method) && deps.hasRoom?.() === false) throw storageFull()
      })
    },
    { name: 'auth', dependencies: ['lifecycle'] },
  )
