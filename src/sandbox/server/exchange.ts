import { randomUUID } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'

import type { FaultOf } from '../faults/fault-plan.ts'
import type { SandboxDialect, Verdict } from '../faults/rate-referee.ts'
import {
  BODY_LIMIT_BYTES,
  type Call,
  contactIdsIn,
  type Endpoint,
  type SandboxState,
  STORAGE_LIMIT_BYTES,
} from './endpoint.ts'
import { type FormPart, readForm } from './multipart-form.ts'
import { queryOf, type RawQuery } from './query.ts'
import { type Answer, Refusal, refusalAnswer } from './refusal.ts'

/** What is known once the head of a request has arrived. A refusal waits until the body is read. */
type Visit = {
  dialect: SandboxDialect
  correlationId: string
  verdict: Verdict | null
  refusal: Refusal | null
  endWrite: () => void
}

type Params = Record<string, string>

const BEFORE = ['status', 'reset', 'timeout', 'refuse-batch-containing'] as const
const AFTER = ['executed-then-timeout', 'executed-then-reset', 'truncated-body', 'slow'] as const

const isPaged = (query: Params): boolean => 'pageSize' in query || 'pageNumber' in query

/**
 * The dialect whose limit counts a call. For a shared call, it is the dialect of the token's last
 * unshared call. If there is none: `platform` for a call with paging parameters, otherwise `guide`.
 */
const dialectOf = (
  state: SandboxState,
  endpoint: Endpoint,
  token: string,
  query: Params,
): SandboxDialect => {
  if (endpoint.dialect === 'shared') {
    return state.tokens.dialectOf(token) ?? (isPaged(query) ? 'platform' : 'guide')
  }
  state.tokens.noteDialect(token, endpoint.dialect)
  return endpoint.dialect
}

const bearerOf = (headers: IncomingHttpHeaders): string =>
  /^Bearer (\S+)$/i.exec(headers.authorization ?? '')?.[1] ?? ''

const overLimit = (dialect: SandboxDialect, verdict: Verdict): Refusal =>
  new Refusal(
    429,
    'too.many.requests',
    `Rate limit exceeded the maximum [${verdict.limit}] requests within [60] seconds`,
    {
      headers: { 'retry-after': String(verdict.resetSeconds) },
      members: {
        limit: {
          key: `${dialect}.requests.per.minute`,
          namespace: 'sandbox',
          value: verdict.limit,
        },
      },
    },
  )

const rateHeaders = (visit: Visit): Record<string, string> => {
  const { verdict } = visit
  if (!verdict) return {}
  if (visit.dialect === 'guide') return { 'x-ratelimit-remaining': String(verdict.remaining) }
  return {
    'inin-ratelimit-count': String(verdict.used),
    'inin-ratelimit-allowed': String(verdict.limit),
    'inin-ratelimit-reset': String(verdict.resetSeconds),
  }
}

const injectedStatus = (rule: FaultOf<'status'>, now: Date): Refusal => {
  const seconds = typeof rule.retryAfter === 'number' ? rule.retryAfter : rule.retryAfterSeconds
  const value =
    rule.retryAfter === 'none'
      ? null
      : rule.retryAfter === 'date'
        ? new Date(now.getTime() + seconds * 1000).toUTCString()
        : String(seconds)
  return new Refusal(rule.status, rule.code ?? 'sandbox.fault', 'The fault plan says so.', {
    headers: value === null ? {} : { 'retry-after': value },
  })
}

const refusedBatch = (rule: FaultOf<'refuse-batch-containing'>, body: unknown): Refusal => {
  const refused = new Set(rule.contactIds)
  const errors = contactIdsIn(body).flatMap((contactId, index) =>
    refused.has(contactId)
      ? [{ index, contactId, field: 'contactId', code: rule.code, message: 'Refused' }]
      : [],
  )
  return new Refusal(rule.status, rule.code, 'The request holds a contact that is refused.', {
    members: rule.nameRows ? { errors } : {},
  })
}

const send = (state: SandboxState, reply: FastifyReply, visit: Visit, answer: Answer) => {
  state.book.answered(answer.status)
  reply.code(answer.status).headers({
    'inin-correlation-id': visit.correlationId,
    ...rateHeaders(visit),
    ...answer.headers,
  })
  return answer.body === undefined ? reply.send() : reply.send(answer.body)
}

/** Closes the connection after `holdMs`. 0: resets it. null: waits until the caller closes it. */
const breakOff = (
  state: SandboxState,
  reply: FastifyReply,
  visit: Visit,
  holdMs: number | null,
): void => {
  reply.hijack()
  visit.endWrite()
  const socket = reply.raw.socket
  if (holdMs === null) return
  if (holdMs === 0) {
    socket?.resetAndDestroy()
    return
  }
  const closed = new AbortController()
  reply.raw.once('close', () => closed.abort())
  void state.clock.sleep(holdMs, closed.signal).then(
    () => socket?.destroy(),
    () => undefined,
  )
}

const truncate = (reply: FastifyReply, visit: Visit, answer: Answer): void => {
  const bytes = Buffer.from(JSON.stringify(answer.body ?? {}))
  reply.hijack()
  visit.endWrite()
  reply.raw.writeHead(answer.status, {
    'content-type': 'application/json; charset=utf-8',
    'content-length': bytes.length,
    'inin-correlation-id': visit.correlationId,
  })
  reply.raw.write(bytes.subarray(0, bytes.length >> 1), () => reply.raw.socket?.destroy())
}

const faultBefore = (state: SandboxState, call: Call) =>
  state.faults.pick(BEFORE, call, (rule) => {
    if (rule.kind !== 'refuse-batch-containing') return true
    const refused = new Set(rule.contactIds)
    return contactIdsIn(call.body).some((contactId) => refused.has(contactId))
  })

const admit = (state: SandboxState, request: FastifyRequest, endpoint: Endpoint): Visit => {
  state.effects.settleDue()
  const listId = (request.params as Params)['listId'] ?? null
  const token = bearerOf(request.headers)
  const dialect = dialectOf(state, endpoint, token, request.query as Params)
  const gated = endpoint.operation !== 'token' && endpoint.ungated !== true
  state.book.arrived(gated ? dialect : null, endpoint.operation)
  const visit: Visit = {
    dialect,
    correlationId: randomUUID(),
    verdict: null,
    refusal: null,
    endWrite:
      endpoint.writesContacts && listId !== null
        ? state.book.writeInFlight(listId)
        : () => undefined,
  }
  if (!gated) return visit
  if (state.faults.pick(['revoke-tokens'], { operation: endpoint.operation, listId })) {
    state.tokens.revokeAll()
    state.book.token('revocations')
  }
  const clientId = state.tokens.clientOf(token)
  if (clientId === null) {
    visit.refusal = new Refusal(401, 'bad.credentials', 'Invalid login credentials.')
    return visit
  }
  visit.verdict = state.referee.arrive(clientId, dialect)
  if (!visit.verdict.admitted) visit.refusal = overLimit(dialect, visit.verdict)
  return visit
}

const callOf = (
  request: FastifyRequest,
  endpoint: Endpoint,
  visit: Visit,
  form: FormPart[] | null,
): Call => {
  const params = request.params as Params
  return {
    operation: endpoint.operation,
    dialect: visit.dialect,
    params: { ...params, authorization: request.headers.authorization ?? '' },
    ...queryOf(request.query as RawQuery),
    headers: request.headers,
    host: request.host,
    body: request.body,
    form,
    listId: params['listId'] ?? null,
    requestId: (request.headers['x-request-id'] as string | undefined) ?? null,
  }
}

/** The parts of a form. null: there is no form, or it cannot be read (the call is then refused). */
const formOf = async (request: FastifyRequest, visit: Visit): Promise<FormPart[] | null> => {
  if (!request.isMultipart()) return null
  try {
    return await readForm(request, BODY_LIMIT_BYTES)
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    visit.refusal ??= error
    return null
  }
}

type Exchange = { state: SandboxState; visit: Visit; call: Call; reply: FastifyReply }

const brokenBefore = ({ state, visit, call, reply }: Exchange): boolean => {
  const fault = faultBefore(state, call)
  if (!fault) return false
  if (fault.kind === 'status') throw injectedStatus(fault, state.clock.now())
  if (fault.kind === 'refuse-batch-containing') throw refusedBatch(fault, call.body)
  breakOff(state, reply, visit, fault.kind === 'reset' ? 0 : (fault.holdMs ?? null))
  return true
}

const brokenAfter = async (exchange: Exchange, answer: Answer): Promise<boolean> => {
  const { state, visit, call, reply } = exchange
  const fault = state.faults.pick(AFTER, call)
  if (!fault) return false
  if (fault.kind === 'slow') {
    await state.clock.sleep(fault.delayMs)
    return false
  }
  if (fault.kind === 'truncated-body') truncate(reply, visit, answer)
  else {
    const holdMs = fault.kind === 'executed-then-reset' ? 0 : (fault.holdMs ?? null)
    breakOff(state, reply, visit, holdMs)
  }
  return true
}

/** Executes the call. null: a fault closes or holds the connection, so send no answer. */
const answerTo = async (exchange: Exchange, endpoint: Endpoint): Promise<Answer | null> => {
  if (exchange.visit.refusal) throw exchange.visit.refusal
  if (brokenBefore(exchange)) return null
  exchange.state.effects.settleDue()
  const answer = endpoint.handle(exchange.call)
  await answer.ready
  const executed = answer.status < 400
  return executed && (await brokenAfter(exchange, answer)) ? null : answer
}

const serve = async (exchange: Exchange, endpoint: Endpoint): Promise<void> => {
  const { state, visit, reply } = exchange
  const answer = await answerTo(exchange, endpoint).catch((error: unknown) => {
    if (error instanceof Refusal) return refusalAnswer(error, visit.correlationId)
    throw error
  })
  if (answer) await send(state, reply, visit, answer)
}

/** Steps of a call: arrival, token, limit, faults before the effect, effect, faults after it. */
export const registerEndpoints = (
  app: FastifyInstance,
  state: SandboxState,
  endpoints: readonly Endpoint[],
): void => {
  const visits = new WeakMap<FastifyRequest, Visit>()
  for (const endpoint of endpoints) {
    app.route({
      method: endpoint.method,
      url: endpoint.path,
      bodyLimit: endpoint.ungated ? STORAGE_LIMIT_BYTES : BODY_LIMIT_BYTES,
      onRequest: async (request, reply) => {
        const visit = admit(state, request, endpoint)
        visits.set(request, visit)
        reply.raw.once('finish', visit.endWrite)
        reply.raw.once('close', visit.endWrite)
      },
      handler: async (request, reply) => {
        const visit = visits.get(request)!
        const form = await formOf(request, visit)
        state.requests.add(request, form?.map(({ name }) => name) ?? null)
        const call = callOf(request, endpoint, visit, form)
        return serve({ state, visit, call, reply }, endpoint)
      },
    })
  }
}
