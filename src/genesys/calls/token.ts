import { z } from 'zod'

import { GenesysFailure } from '../../domain/genesys/genesys-failure.ts'
import { backoffMs } from '../../lib/backoff.ts'
import type { Clock } from '../../lib/clock.ts'
import type { Emit } from '../../telemetry/events.ts'
import { parseJson } from './failures.ts'
import { upstreamCodeOf } from './row-words.ts'
import type { HttpAnswer, Transport } from './transport.ts'

/**
 * A token that does not appear when the object is logged, thrown, inspected or serialised. Only
 * `authorization` returns it.
 */
export class AccessToken {
  readonly #value: string
  constructor(value: string) {
    this.#value = value
  }
  authorization(): string {
    return `Bearer ${this.#value}`
  }
  toJSON(): string {
    return '[token]'
  }
}

export type Tokens = {
  /**
   * Returns the token in force. If there is no such token or the token ends soon, one login gets a
   * new token for all waiting calls. Throws `GenesysFailure`. After a failed login, no login is
   * made for a while (backoff). Calls during this time get the same failure, with the time that is
   * left.
   */
  get(signal: AbortSignal): Promise<AccessToken>
  /** Whether `get` would return this token without a login. */
  isCurrent(token: AccessToken): boolean
  /** Forgets the token after a 401, unless a newer one is in force already. */
  drop(token: AccessToken): void
}

const MIN_LIFE_S = 10
/** Genesys sets a life between 5 minutes and 48 hours. */
const MAX_LIFE_S = 172_800
const UNKNOWN_LIFE_S = 300
const LOGIN_BACKOFF = { baseMs: 1_000, capMs: 60_000 }
const OPERATION = 'token'

const tokenSchema = z.looseObject({
  // Printable ASCII only, because it becomes a header.
  access_token: z.string().regex(/^[\x21-\x7e]{1,8192}$/),
  expires_in: z.unknown().optional(),
})

/**
 * The lifetime of a token in seconds: what the login answer states, but at least 10 s and at most
 * 48 h. 300 s if the answer states nothing plausible.
 */
export const tokenLifeSeconds = (expiresIn: unknown): number => {
  const seconds = typeof expiresIn === 'string' ? Number.parseFloat(expiresIn) : expiresIn
  if (typeof seconds !== 'number' || Number.isNaN(seconds) || seconds <= 0) return UNKNOWN_LIFE_S
  return Math.min(MAX_LIFE_S, Math.max(MIN_LIFE_S, seconds))
}

/**
 * After how many seconds a token is renewed: 60 s before its end or after 80 % of its life,
 * whichever is earlier. Never before half of its life.
 */
export const renewAfterSeconds = (lifeSeconds: number): number =>
  Math.max(lifeSeconds / 2, Math.min(lifeSeconds - 60, lifeSeconds * 0.8))

const loginFailure = (answer: HttpAnswer): GenesysFailure => {
  const { status, retryAfterMs } = answer
  const body = z
    .looseObject({
      error: z.unknown().optional(),
      error_description: z.unknown().optional(),
      description: z.unknown().optional(),
    })
    .safeParse(parseJson(answer.text))
  const { error, error_description: long, description: short } = body.data ?? {}
  const about = { status, retryAfterMs, upstreamCode: upstreamCodeOf(error) }
  const throttled = [long, short].some(
    (text) => typeof text === 'string' && /^\s*rate limit exceeded/i.test(text),
  )
  // Genesys throttles logins with a 400. Source: terraform-provider-genesyscloud, pull request
  // 1004.
  if (status === 429 || (status === 400 && throttled)) {
    return new GenesysFailure('throttled', OPERATION, about)
  }
  if (status >= 500 || status === 408) return new GenesysFailure('unavailable', OPERATION, about)
  if (status >= 400 && status <= 403) return new GenesysFailure('unauthorized', OPERATION, about)
  return new GenesysFailure(status >= 400 ? 'refused' : 'malformed_answer', OPERATION, about)
}

/** The same failure again, with the time until the next login. */
const heardAgain = (failure: GenesysFailure, retryAfterMs: number): GenesysFailure =>
  new GenesysFailure(failure.kind, failure.operation, {
    status: failure.status,
    upstreamCode: failure.upstreamCode,
    retryAfterMs,
  })

/**
 * Rejects with the signal's reason as soon as it aborts. `promise` itself continues, because other
 * calls wait for it too.
 */
const untilAborted = <T>(promise: Promise<T>, signal: AbortSignal): Promise<T> => {
  const { promise: aborted, reject } = Promise.withResolvers<never>()
  const onAbort = (): void => reject(signal.reason)
  signal.addEventListener('abort', onAbort, { once: true })
  return Promise.race([promise, aborted]).finally(() =>
    signal.removeEventListener('abort', onAbort),
  )
}

export type TokensDeps = {
  transport: Transport
  loginUrl: string
  clientId: string
  clientSecret: string
  clock: Clock
  random: () => number
  emit: Emit
}

/** One login. Returns the token and its assumed lifetime in seconds. */
const login = async (deps: TokensDeps): Promise<{ token: AccessToken; lifeSeconds: number }> => {
  const basic = Buffer.from(`${deps.clientId}:${deps.clientSecret}`).toString('base64')
  const answer = await deps.transport.send({
    operation: OPERATION,
    method: 'POST',
    url: `${deps.loginUrl}/oauth/token`,
    headers: {
      authorization: `Basic ${basic}`,
      'content-type': 'application/x-www-form-urlencoded',
    },
    body: Buffer.from('grant_type=client_credentials'),
    signal: null,
    maxAnswerBytes: 65_536,
  })
  if (answer.status < 200 || answer.status > 299) throw loginFailure(answer)
  const parsed = tokenSchema.safeParse(parseJson(answer.text))
  if (!parsed.success) {
    throw new GenesysFailure('malformed_answer', OPERATION, { status: answer.status })
  }
  return {
    token: new AccessToken(parsed.data.access_token),
    lifeSeconds: tokenLifeSeconds(parsed.data.expires_in),
  }
}

/** The tokens of one OAuth client (client credentials). */
export const createTokens = (deps: TokensDeps): Tokens => {
  const { clock } = deps
  let current: { token: AccessToken; renewAtMs: number } | null = null
  let flight: Promise<AccessToken> | null = null
  let failures = 0
  let resting: { failure: GenesysFailure; untilMs: number } | null = null

  const fetchToken = async (): Promise<AccessToken> => {
    const startedMs = clock.monotonicMs()
    const { token, lifeSeconds } = await login(deps)
    current = { token, renewAtMs: startedMs + renewAfterSeconds(lifeSeconds) * 1000 }
    deps.emit('genesys.token.renewed', {
      expiresInSeconds: lifeSeconds,
      durationMs: clock.monotonicMs() - startedMs,
    })
    return token
  }

  const fetchOnce = async (): Promise<AccessToken> => {
    try {
      const token = await fetchToken()
      failures = 0
      resting = null
      return token
    } catch (error) {
      if (error instanceof GenesysFailure) {
        failures += 1
        const restMs = backoffMs(LOGIN_BACKOFF, failures, deps.random, error.retryAfterMs ?? 0)
        resting = { failure: error, untilMs: clock.monotonicMs() + restMs }
      }
      throw error
    } finally {
      flight = null
    }
  }

  const lasting = (): AccessToken | null =>
    current !== null && clock.monotonicMs() < current.renewAtMs ? current.token : null

  return {
    get: async (signal) => {
      signal.throwIfAborted()
      const token = lasting()
      if (token) return token
      const leftMs = resting ? Math.ceil(resting.untilMs - clock.monotonicMs()) : 0
      if (!flight && resting && leftMs > 0) throw heardAgain(resting.failure, leftMs)
      flight ??= fetchOnce()
      return untilAborted(flight, signal)
    },
    isCurrent: (token) => lasting() === token,
    drop: (token) => {
      if (current?.token === token) current = null
    },
  }
}
