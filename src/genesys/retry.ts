import type { z } from 'zod'

import { GenesysFailure } from '../domain/genesys-failure.ts'
import { backoffMs } from '../lib/backoff.ts'
import type { Clock } from '../lib/clock.ts'
import type { Emit } from '../telemetry/events.ts'
import type { CallContext } from '../workflows/ports/genesys.ts'
import { failureOf, parseJson } from './failures.ts'
import type { Pacer } from './pacing.ts'
import type { AccessToken, Tokens } from './token.ts'
import type { HttpAnswer, Transport } from './transport.ts'

/** A call of the API, the same for every attempt. */
export type ApiCall<T> = {
  /** From a closed set: it is a label of metrics. */
  operation: string
  method: 'GET' | 'POST'
  /** Path and query, ids encoded. */
  path: string
  headers?: Record<string, string>
  body?: Buffer
  /** What a 2xx must look like; another one is `malformed_answer`. */
  schema: z.ZodType<T>
  /** The right that a 403 most likely means is missing. */
  right: string
  /** The body carries rows, so a 400 or 422 may be about them. */
  rows?: boolean
  maxAnswerBytes?: number
}

/**
 * Makes a call until it is answered: paced, with a token, with retries of what may pass by itself as long as the context allows.
 * Throws the last `GenesysFailure`, what `beforeSend` throws, or the signal's reason.
 */
export type Caller = <T>(call: ApiCall<T>, context: CallContext) => Promise<T>

export type CallerDeps = {
  transport: Transport
  tokens: Tokens
  pacer: Pacer
  apiUrl: string
  /** Spreads requests by up to this many milliseconds after their slot (guide: 100). A shift, so the mean pace stays. */
  jitterMs: number
  clock: Clock
  random: () => number
  emit: Emit
}

/** Full jitter from 1 s, doubled, at most 60 s; source: guide-api, "Errors and retries". */
const BACKOFF = { baseMs: 1_000, capMs: 60_000 }
/** A call waits at least this long for its slot, even if it may not be retried: pacing is no failure. */
const MIN_PATIENCE_MS = 10_000
const MAX_ANSWER_BYTES = 8_388_608

type Attempt<T> = {
  result: { kind: 'ok'; value: T } | { kind: 'failed'; failure: GenesysFailure }
  token: AccessToken | null
  answer: HttpAnswer | null
  durationMs: number
}

const valueOf = <T>(call: ApiCall<T>, answer: HttpAnswer): T => {
  if (answer.status < 200 || answer.status > 299) {
    throw failureOf({ ...call, rows: call.rows ?? false }, answer)
  }
  const parsed = call.schema.safeParse(parseJson(answer.text))
  if (parsed.success) return parsed.data
  throw new GenesysFailure('malformed_answer', call.operation, { status: answer.status })
}

export const createCaller = (deps: CallerDeps): Caller => {
  const { clock, tokens, pacer } = deps

  /**
   * A token and a slot, both good now. The token comes first: calls that waited for a login would otherwise leave together on
   * slots long past.
   */
  const ready = async (
    operation: string,
    context: CallContext,
    patienceMs: number,
  ): Promise<AccessToken> => {
    for (;;) {
      const token = await tokens.get(context.signal)
      const { tenantId, signal } = context
      const slot = await pacer.acquire({ tenantId, class: context.class, signal, patienceMs })
      if (slot === 'out_of_time') throw new GenesysFailure('throttled', operation)
      if (deps.jitterMs > 0) await clock.sleep(deps.random() * deps.jitterMs, signal)
      if (tokens.isCurrent(token)) return token
    }
  }

  const attemptOnce = async <T>(
    call: ApiCall<T>,
    context: CallContext,
    patienceMs: number,
  ): Promise<Attempt<T>> => {
    let token: AccessToken | null = null
    let answer: HttpAnswer | null = null
    let startedMs = clock.monotonicMs()
    const ended = (result: Attempt<T>['result']): Attempt<T> => {
      return { result, token, answer, durationMs: clock.monotonicMs() - startedMs }
    }
    try {
      token = await ready(call.operation, context, patienceMs)
      context.beforeSend?.()
      startedMs = clock.monotonicMs()
      answer = await deps.transport.send({
        operation: call.operation,
        method: call.method,
        url: `${deps.apiUrl}${call.path}`,
        headers: {
          ...call.headers,
          ...(call.body ? { 'content-type': 'application/json' } : {}),
          authorization: token.authorization(),
        },
        body: call.body ?? null,
        signal: context.signal,
        maxAnswerBytes: call.maxAnswerBytes ?? MAX_ANSWER_BYTES,
      })
      pacer.learn(answer)
      return ended({ kind: 'ok', value: valueOf(call, answer) })
    } catch (error) {
      if (error instanceof GenesysFailure) return ended({ kind: 'failed', failure: error })
      throw error
    }
  }

  const tell = <T>(
    call: ApiCall<T>,
    context: CallContext,
    attempt: number,
    made: Attempt<T>,
    retryInMs: number | null,
  ): void => {
    const failure = made.result.kind === 'failed' ? made.result.failure : null
    deps.emit('genesys.attempted', {
      operation: failure?.operation ?? call.operation,
      class: context.class,
      attempt,
      status: made.answer?.status ?? failure?.status ?? null,
      failure: failure?.kind ?? null,
      durationMs: made.durationMs,
      retryInMs,
      correlationId: made.answer?.correlationId ?? null,
    })
  }

  const isStaleToken = <T>(made: Attempt<T>): boolean => {
    if (made.token === null || made.answer?.status !== 401) return false
    tokens.drop(made.token)
    return true
  }

  /** The wait before the next attempt; null when the failure is final or the wait would pass the end. */
  const nextWait = (failure: GenesysFailure, failures: number, leftMs: number, resetMs: number) => {
    if (failure.retry === 'never') return null
    const floorMs = failure.retryAfterMs ?? resetMs
    const waitMs = backoffMs(BACKOFF, failures, deps.random, floorMs)
    return waitMs > leftMs ? null : waitMs
  }

  const untilAnswered = async <T>(call: ApiCall<T>, context: CallContext): Promise<T> => {
    const endMs = clock.monotonicMs() + context.retryForMs
    let failures = 0
    let replayed = false
    for (let attempt = 1; ; attempt += 1) {
      const patienceMs = Math.max(MIN_PATIENCE_MS, endMs - clock.monotonicMs())
      const made = await attemptOnce(call, context, patienceMs)
      if (made.result.kind === 'ok') {
        tell(call, context, attempt, made, null)
        return made.result.value
      }
      const { failure } = made.result
      if (isStaleToken(made) && !replayed) {
        replayed = true
        tell(call, context, attempt, made, 0)
        continue
      }
      replayed = false
      failures += 1
      const resetMs = failure.kind === 'throttled' ? (made.answer?.resetMs ?? 0) : 0
      const waitMs = nextWait(failure, failures, endMs - clock.monotonicMs(), resetMs)
      tell(call, context, attempt, made, waitMs)
      if (made.answer?.status === 429) {
        const blockMs = failure.retryAfterMs ?? (resetMs || backoffMs(BACKOFF, failures, () => 1))
        await pacer.block(blockMs)
      }
      if (waitMs === null) throw failure
      await clock.sleep(waitMs, context.signal)
    }
  }

  return async (call, context) => {
    try {
      return await untilAnswered(call, context)
    } catch (error) {
      context.signal.throwIfAborted()
      throw error
    }
  }
}
