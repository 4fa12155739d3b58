import { SUBSCRIPTIONS, type SubscribedRoute } from '../../domain/genesys-events/genesys-webhook.ts'
import { GenesysFailure } from '../../domain/genesys/genesys-failure.ts'
import { backoffMs } from '../../lib/backoff.ts'
import type { Clock } from '../../lib/clock.ts'
import { sha256 } from '../../lib/digest.ts'
import type { Emit } from '../../telemetry/events.ts'
import type { EventSubscriptionPort } from '../ports/contact-lists/provisioning.ts'
import type { SubscriptionState, SubscriptionStore } from '../ports/genesys-events/subscriptions.ts'

export type SubscribeDeps = {
  route: SubscribedRoute
  genesys: EventSubscriptionPort
  subscriptions: SubscriptionStore
  /**
   * The URL to which Genesys sends the event. It contains the token, so it must never be logged.
   */
  targetUrl: string
  clock: Clock
  /** For jitter, in [0, 1). */
  random: () => number
  emit: Emit
}

export type EventSubscription = {
  start(): void
  /** The state of the subscription as a sentence for operators. */
  status(): string
  /** Aborts the running call, and resolves when it has ended. */
  stop(): Promise<void>
}

/**
 * A claim of this age without a result counts as lost, and its subscription becomes `unknown`. A
 * running call ends much earlier.
 */
const STALE_CLAIM_MS = 120_000
const CALL_WITHIN_MS = 30_000
const AFTER_REFUSAL = { baseMs: 60_000, capMs: 3_600_000 }
/** Long enough for an upload to end. If there is a subscription, its event has arrived by then. */
const AFTER_UNKNOWN_MS = 600_000
const LOOK_EVERY_MS = 60_000

const wordsOf = (of: string): Record<SubscriptionState, string> => ({
  registered: `subscribed to ${of}`,
  registering: `subscribing to ${of}`,
  refused: `Genesys refused the subscription to ${of}, and the gateway tries again`,
  unknown: `it is unknown whether Genesys has the subscription to ${of}. If the gateway misses an expected event, it subscribes again`,
})

/**
 * Subscribes to an event of Genesys, once over all instances and restarts. Runs in the background,
 * because events are only hints. If a call has an unknown outcome, the gateway does not simply
 * repeat it, because Genesys has no call that lists subscriptions. Instead, the events that arrive
 * show whether the subscription exists. The gateway checks this every minute.
 */
export const createEventSubscription = (deps: SubscribeDeps): EventSubscription => {
  const { clock, emit } = deps
  const { eventType, of } = SUBSCRIPTIONS[deps.route]
  const words = wordsOf(of)
  const stopped = new AbortController()
  let running: Promise<void> = Promise.resolve()
  let status = words.registering

  const look = async (): Promise<void> => {
    const target = { eventType, digest: sha256(deps.targetUrl) }
    const claim = await deps.subscriptions.claim(target, STALE_CLAIM_MS)
    if (!claim.claimed) {
      status = words[claim.state]
      return
    }
    const result = await subscribe(deps, claim.attempt, stopped.signal)
    await deps.subscriptions.record(target, claim.attempt, result)
    status =
      result.failure === null ? words[result.state] : `${words[result.state]} (${result.failure})`
    emit('webhook.subscription', {
      route: deps.route,
      outcome: result.state,
      failure: result.failure,
      retryInMs: result.state === 'registered' ? null : result.nextInMs,
    })
  }

  const loop = async (): Promise<void> => {
    while (!stopped.signal.aborted) {
      await look().catch((error: unknown) => {
        if (stopped.signal.aborted) return
        emit('job.failed', {
          queue: 'subscription',
          error: error instanceof Error ? error.message : 'unknown',
        })
      })
      await clock.sleep(LOOK_EVERY_MS, stopped.signal).catch(() => undefined)
    }
  }

  return {
    start: () => {
      running = loop()
    },
    status: () => status,
    stop: async () => {
      stopped.abort()
      await running
    },
  }
}

type Result =
  | { state: 'registered'; genesysId: string; failure: null }
  | { state: 'refused' | 'unknown'; nextInMs: number; failure: string }

/** Whether Genesys may have made the subscription although the call failed. */
const isOpen = ({ kind }: GenesysFailure): boolean =>
  kind === 'unavailable' || kind === 'malformed_answer'

const subscribe = async (
  { genesys, targetUrl, random, route }: SubscribeDeps,
  attempt: number,
  signal: AbortSignal,
): Promise<Result> => {
  const { name, eventType } = SUBSCRIPTIONS[route]
  try {
    const { id } = await genesys.subscribe(
      { name, eventType, url: targetUrl },
      { tenantId: 'default', class: 'read', signal, retryForMs: CALL_WITHIN_MS },
    )
    return { state: 'registered', genesysId: id, failure: null }
  } catch (error) {
    if (!(error instanceof GenesysFailure)) throw error
    if (isOpen(error)) {
      return { state: 'unknown', nextInMs: AFTER_UNKNOWN_MS, failure: error.kind }
    }
    const nextInMs = backoffMs(AFTER_REFUSAL, attempt, random, error.retryAfterMs ?? 0)
    return { state: 'refused', nextInMs, failure: error.kind }
  }
}
