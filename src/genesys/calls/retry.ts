import type { GenesysFailure } from '../../domain/genesys/genesys-failure.ts'
import { backoffMs } from '../../lib/backoff.ts'
import type { Emit, GatewayEvents } from '../../telemetry/events.ts'
import type { CallContext } from '../../workflows/ports/genesys/genesys.ts'
import { type ApiCall, type Attempt, type AttemptDeps, attemptOnce } from './attempt.ts'
import type { Circuit } from './circuit.ts'
import type { RetryBudget } from './retry-budget.ts'
import type { Tokens } from './token.ts'

/**
 * Makes a call, with a token and a pace slot for each attempt. Retries temporary failures as long
 * as the context allows. Throws the `GenesysFailure` of the last attempt. If the last attempt was
 * not sent, throws the failure of the attempt before it. Also throws what `beforeSend` or the pace
 * store threw, and the signal's reason.
 */
export type Caller = <T>(call: ApiCall<T>, context: CallContext) => Promise<T>

export type CallerDeps = AttemptDeps & {
  emit: Emit
  circuit: Circuit
  budget: RetryBudget
  /**
   * Receives each request that Genesys did not accept. The next attempt waits until this function
   * has ended.
   */
  refused?: (refusal: GenesysRefusal) => Promise<void>
}

/**
 * A request that was sent and not accepted. `retryInMs`: the wait before it is sent again. null: it
 * is not sent again.
 */
export type GenesysRefusal = GatewayEvents['genesys.attempted'] & {
  tenantId: string
  upstreamCode: string | null
}

/**
 * The wait begins at 1 s and doubles with each failure, up to 60 s, with full jitter [guide-api:
 * Errors and retries].
 */
const BACKOFF = { baseMs: 1_000, capMs: 60_000 }
/**
 * A call waits at least this long for a slot before it fails, even if the call must not be retried.
 * Waiting for the pace is not a failure.
 */
const MIN_PATIENCE_MS = 10_000

/**
 * What the log shows of an answer. If there was no complete answer, the status is that of the
 * failure, and the other fields are null.
 */
const saidBy = <T>({ answer }: Attempt<T>, failure: GenesysFailure | null) =>
  answer === null
    ? { status: failure?.status ?? null, correlationId: null, remaining: null }
    : { status: answer.status, correlationId: answer.correlationId, remaining: answer.remaining }

const attemptedFields = <T>(
  call: ApiCall<T>,
  context: CallContext,
  attempt: number,
  made: Attempt<T>,
  retryInMs: number | null,
): GatewayEvents['genesys.attempted'] => {
  const failure = made.result.kind === 'failed' ? made.result.failure : null
  return {
    operation: failure?.operation ?? call.operation,
    class: context.class,
    attempt,
    failure: failure?.kind ?? null,
    durationMs: made.durationMs,
    retryInMs,
    requestId: made.requestId,
    right: failure?.right ?? null,
    ...saidBy(made, failure),
  }
}

/**
 * The wait that Genesys itself demands by `Retry-After`. For a 429 without this header: the time
 * until Genesys' window ends. null: Genesys demands no wait.
 */
const askedToWaitMs = <T>({ result, answer }: Attempt<T>): number | null => {
  if (result.kind === 'ok') return null
  return result.failure.retryAfterMs ?? (answer?.status === 429 ? answer.resetMs : null)
}

/**
 * Whether the caller must handle a conflict. This is so for a write, because the caller must read
 * the state before the write is repeated [guide-api: Errors and retries]. A read is repeated here.
 */
const isForTheCaller = (call: { method: string }, failure: GenesysFailure): boolean =>
  failure.kind === 'conflict' && call.method !== 'GET'

/** How long to wait before the next attempt. null: the failure is final. */
const nextWaitMs = <T>(
  made: Attempt<T>,
  failure: GenesysFailure,
  failures: number,
  random: () => number,
): number | null =>
  failure.retry === 'never' ? null : backoffMs(BACKOFF, failures, random, askedToWaitMs(made) ?? 0)

/**
 * How long a 429 stops the whole bucket: as long as Genesys demands. If Genesys names no time: the
 * longest wait that the backoff permits after this many failures.
 */
const blockMs = <T>(made: Attempt<T>, failures: number): number =>
  askedToWaitMs(made) ?? backoffMs(BACKOFF, failures, () => 1)

const tellCircuit = <T>(circuit: Circuit, { result, answer }: Attempt<T>): void => {
  if (result.kind === 'failed' && result.failure.kind === 'unavailable') circuit.failed()
  else if (answer !== null) circuit.answered()
}

const isStaleToken = <T>(tokens: Tokens, made: Attempt<T>): boolean => {
  if (made.token === null || made.answer?.status !== 401) return false
  tokens.drop(made.token)
  return true
}

/**
 * Reports an attempt to the log and the metrics. Also reports it to `refused` if Genesys did not
 * accept it.
 */
const tellAttempt = async <T>(
  deps: CallerDeps,
  { result, sent }: Attempt<T>,
  fields: GatewayEvents['genesys.attempted'],
  { tenantId }: CallContext,
): Promise<void> => {
  deps.emit('genesys.attempted', fields)
  if (result.kind === 'ok' || !sent) return
  await deps.refused?.({ ...fields, tenantId, upstreamCode: result.failure.upstreamCode })
}

/**
 * All calls of a caller share the circuit, the retry budget and the pace in `deps`, so create only
 * one caller for a client. After a 429, no instance gets a slot of the pace for a while
 * (`blockMs`).
 */
export const createCaller = (deps: CallerDeps): Caller => {
  const { clock, budget } = deps

  /**
   * How long to wait before the next attempt. Takes that attempt from the client's retry budget.
   * null: the failure is final, or the time of the call would be over before that attempt.
   */
  const takeRetry = <T>(
    made: Attempt<T>,
    failure: GenesysFailure,
    failures: number,
    endMs: number,
  ): number | null => {
    const ownWaitMs = nextWaitMs(made, failure, failures, deps.random)
    if (ownWaitMs === null) return null
    const waitMs = Math.max(ownWaitMs, budget.waitMs())
    if (clock.monotonicMs() + waitMs >= endMs) return null
    budget.take()
    return waitMs
  }

  const untilAnswered = async <T>(call: ApiCall<T>, context: CallContext): Promise<T> => {
    const endMs = clock.monotonicMs() + context.retryForMs
    let failures = 0
    let replayed = false
    let last: GenesysFailure | null = null
    budget.called()
    for (let attempt = 1; ; attempt += 1) {
      const patienceMs = Math.max(MIN_PATIENCE_MS, endMs - clock.monotonicMs())
      const made = await attemptOnce(deps, call, context, patienceMs)
      tellCircuit(deps.circuit, made)
      const tell = (retryInMs: number | null) =>
        tellAttempt(deps, made, attemptedFields(call, context, attempt, made, retryInMs), context)
      if (made.result.kind === 'ok') {
        void tell(null)
        return made.result.value
      }
      if (isStaleToken(deps.tokens, made) && !replayed) {
        replayed = true
        await tell(0)
        continue
      }
      replayed = false
      failures += 1
      const waitMs = isForTheCaller(call, made.result.failure)
        ? null
        : takeRetry(made, made.result.failure, failures, endMs)
      await tell(waitMs)
      if (made.answer?.status === 429) await deps.pacer.throttle(blockMs(made, failures))
      // If the last attempt was never sent, Genesys' answer to an earlier attempt explains more.
      if (waitMs === null) throw made.sent ? made.result.failure : (last ?? made.result.failure)
      last = made.result.failure
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
