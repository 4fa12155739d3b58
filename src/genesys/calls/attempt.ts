import type { z } from 'zod'

import { GenesysFailure } from '../../domain/genesys/genesys-failure.ts'
import type { Clock } from '../../lib/clock.ts'
import type { CallContext } from '../../workflows/ports/genesys/genesys.ts'
import type { Pacer } from '../pace/pacing.ts'
import { failureOf, isRefusal, parseJson, type RefusedIn } from './failures.ts'
import type { AccessToken, Tokens } from './token.ts'
import type { HttpAnswer, Transport } from './transport.ts'

/** A call to Genesys: everything that is the same for all its attempts. */
export type ApiCall<T> = {
  /** The name of the call, from a fixed set of names, because metrics use it as a label. */
  operation: string
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** Path and query. Ids in it are already encoded. */
  path: string
  headers?: Record<string, string>
  body?: Buffer
  /** The type of the body. Default: JSON. */
  contentType?: string
  /** The most time for one exchange. Default: the transport's. Set it for large bodies. */
  timeoutMs?: number
  /**
   * The form that the body of a 2xx must have. If the body has a different form, the call fails as
   * `malformed_answer`.
   */
  schema: z.ZodType<T>
  /** The right that the OAuth client probably lacks if Genesys answers 403. */
  right: string
  /** Whether the body contains rows. If so, a 400 or 422 may be about a row. */
  rows?: boolean
  /**
   * Reads which rows a refusal names. Needed only if refusals of this call name rows in a special
   * form.
   */
  refusedIn?: RefusedIn
  /**
   * Whether a 404 may only mean "not yet", because the list was made a moment ago. If so, the
   * failure is a `conflict`, because a later try may succeed.
   */
  notYet?: () => Promise<boolean>
  maxAnswerBytes?: number
  /** Receives the body of a 200 while it arrives, once for every try. */
  into?: (body: AsyncIterable<Uint8Array>) => Promise<void>
  /**
   * Composes the request, if its content is known only after the slot is granted. Called for every
   * try, after `beforeSend`. The members that it returns replace those of the call.
   */
  compose?: () => Partial<Pick<ApiCall<T>, 'headers' | 'body' | 'schema'>>
}

export type AttemptDeps = {
  transport: Transport
  tokens: Tokens
  pacer: Pacer
  apiUrl: string
  /**
   * Each request waits for a random time of up to this many milliseconds after its slot (guide:
   * 100). The mean pace stays the same.
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
  /**
   * false: no slot or no token was granted, so nothing was sent. true: both were granted, even if
   * `compose` then refused the request.
   */
  sent: boolean
  /** The X-Request-ID of the request. null: it had none. */
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
 * Waits for a token and then for a slot, until both are valid. If a call waited for the slot first,
 * the time of the slot could pass during a login. All calls that waited for this login would then
 * be sent together.
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

const tellRefusal = async ({ answer }: Attempt<unknown>, context: CallContext): Promise<void> => {
  if (answer !== null && isRefusal(answer.status)) await context.afterRefusal?.()
}

/**
 * Makes one HTTP try of a call. Sends the request when a token and a slot are granted and
 * `beforeSend` has ended. Calls `afterRefusal` if Genesys took nothing. A `GenesysFailure` becomes
 * the result. Any other error is thrown.
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
    if (!(error instanceof GenesysFailure)) throw error
    const attempt = ended({ kind: 'failed', failure: error })
    await tellRefusal(attempt, context)
    return attempt
  }
}
