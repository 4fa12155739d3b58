import type { z } from 'zod'

import { GenesysFailure } from '../../domain/genesys/genesys-failure.ts'
import type { Clock } from '../../lib/clock.ts'
import type { CallContext } from '../../workflows/ports/genesys/genesys.ts'
import type { Pacer } from '../pace/pacing.ts'
import { failureOf, parseJson, type RefusedIn } from './failures.ts'
import type { AccessToken, Tokens } from './token.ts'
import type { HttpAnswer, Transport } from './transport.ts'

/** A call of the API, the same for every attempt. */
export type ApiCall<T> = {
  /** From a closed set: it is a label of metrics. */
  operation: string
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** Path and query, ids encoded. */
  path: string
  headers?: Record<string, string>
  body?: Buffer
  /** Of the body. Default: JSON. */
  contentType?: string
  /** For the exchange instead of the transport's own; for large bodies. */
  timeoutMs?: number
  /** The required form of a 2xx; any other is `malformed_answer`. */
  schema: z.ZodType<T>
  /** The right that a 403 most likely means is missing. */
  right: string
  /** The body carries rows, so a 400 or 422 may be about them. */
  rows?: boolean
  /** Of a call whose refusals name rows in words of their own. */
  refusedIn?: RefusedIn
  /**
   * Whether a 404 now may only mean "not yet", for a list that was made a moment ago: then it is a
   * conflict, which passes.
   */
  notYet?: () => Promise<boolean>
  maxAnswerBytes?: number
  /** Takes the body of a 200 as it streams in, once for every try. */
  into?: (body: AsyncIterable<Uint8Array>) => Promise<void>
  /**
   * What is sent is known only when the slot is granted. Called after `beforeSend`, for every try,
   * and replaces the members that it returns.
   */
  compose?: () => Partial<Pick<ApiCall<T>, 'headers' | 'body' | 'schema'>>
}

export type AttemptDeps = {
  transport: Transport
  tokens: Tokens
  pacer: Pacer
  apiUrl: string
  /**
   * Spreads requests by up to this many milliseconds after their slot (guide: 100). A shift, so the
   * mean pace stays.
   */
  jitterMs: number
  clock: Clock
  random: () => number
}

const MAX_ANSWER_BYTES = 8_388_608

export type Attempt<T> = {
  result: { kind: 'ok'; value: T } | { kind: 'failed'; failure: GenesysFailure }
  token: AccessToken | null
  answer: HttpAnswer | null
  /** False when no slot or no token came. */
  sent: boolean
  /** X-Request-ID of what went. null if it has none. */
  requestId: string | null
  durationMs: number
}

const valueOf = async <T>(call: ApiCall<T>, answer: HttpAnswer): Promise<T> => {
  if (answer.status === 404 && (await call.notYet?.())) {
    throw new GenesysFailure('conflict', call.operation, { status: answer.status })
  }
  if (answer.status < 200 || answer.status > 299) {
    throw failureOf({ ...call, rows: call.rows ?? false }, answer)
  }
  const parsed = call.schema.safeParse(parseJson(answer.text))
  if (parsed.success) return parsed.data
  throw new GenesysFailure('malformed_answer', call.operation, { status: answer.status })
}

/**
 * A token and a slot, both good now. The token comes first: calls that waited for a login would
 * otherwise leave together on slots long past.
 */
const ready = async (
  deps: AttemptDeps,
  operation: string,
  context: CallContext,
  patienceMs: number,
): Promise<AccessToken> => {
  for (;;) {
    const token = await deps.tokens.get(context.signal)
    const { tenantId, signal } = context
    const slot = await deps.pacer.acquire({ tenantId, class: context.class, signal, patienceMs })
    if (slot === 'out_of_time') throw new GenesysFailure('throttled', operation)
    if (deps.jitterMs > 0) await deps.clock.sleep(deps.random() * deps.jitterMs, signal)
    if (deps.tokens.isCurrent(token)) return token
  }
}

/**
 * One HTTP try of a call: paced, with a token, right after `beforeSend`. Returns a `GenesysFailure`
 * and throws everything else.
 */
export const attemptOnce = async <T>(
  deps: AttemptDeps,
  call: ApiCall<T>,
  context: CallContext,
  patienceMs: number,
): Promise<Attempt<T>> => {
  let token: AccessToken | null = null
  let answer: HttpAnswer | null = null
  let startedMs = deps.clock.monotonicMs()
  let asked = call
  const ended = (result: Attempt<T>['result']): Attempt<T> => {
    return {
      result,
      token,
      answer,
      sent: token !== null,
      requestId: asked.headers?.['x-request-id'] ?? null,
      durationMs: deps.clock.monotonicMs() - startedMs,
    }
  }
  try {
    token = await ready(deps, call.operation, context, patienceMs)
    await context.beforeSend?.()
    asked = { ...call, ...call.compose?.() }
    startedMs = deps.clock.monotonicMs()
    answer = await deps.transport.send({
      operation: asked.operation,
      method: asked.method,
      url: `${deps.apiUrl}${asked.path}`,
      headers: {
        ...asked.headers,
        ...(asked.body ? { 'content-type': asked.contentType ?? 'application/json' } : {}),
        authorization: token.authorization(),
      },
      body: asked.body ?? null,
      signal: context.signal,
      ...(asked.timeoutMs === undefined ? {} : { timeoutMs: asked.timeoutMs }),
      ...(asked.into === undefined ? {} : { into: asked.into }),
      maxAnswerBytes: asked.maxAnswerBytes ?? MAX_ANSWER_BYTES,
    })
    deps.pacer.learn(answer)
    return ended({ kind: 'ok', value: await valueOf(asked, answer) })
  } catch (error) {
    if (error instanceof GenesysFailure) return ended({ kind: 'failed', failure: error })
    throw error
  }
}
