import { Webhook } from 'standardwebhooks'

import type { AuditSaid } from '../domain/audit/audit-details.ts'
import { type AuditEntry, byGateway, createAuditEntry } from '../domain/audit/audit.ts'
import type { Clock } from '../lib/clock.ts'
import type { Ids } from '../lib/ids.ts'
import type { Emit } from '../telemetry/events.ts'
import type {
  EndpointVerdict,
  FirstAttempts,
  SyncDelivery,
  SyncResult,
  SyncStore,
} from '../workflows/ports/endpoints/sync.ts'
import type { SlowEndpoints } from './slow-endpoints.ts'
import { nextSyncInMs } from './sync-schedule.ts'
import type { WebhookAnswer, WebhookTransport } from './webhook-transport.ts'

export type SyncDelivererDeps = {
  sync: Pick<SyncStore, 'load' | 'record' | 'postpone'>
  slow: SlowEndpoints
  /** Makes the attempts at slow endpoints. */
  fromMemory: FirstAttempts
  transport: Pick<WebhookTransport, 'post'>
  clock: Clock
  /** For jitter, in [0, 1). */
  random: () => number
  emit: Emit
  ids: Ids
}

/** The status with which a receiver says that it wants no more webhooks (Standard Webhooks 1.0). */
const GONE = 410

/**
 * Makes one attempt at the delivery with this id, if it is due. Does not wait for the answer of an
 * endpoint that answers slowly: such endpoints would take all workers, and messages to other
 * endpoints would wait behind them.
 */
export const createSyncDeliverer = (
  deps: SyncDelivererDeps,
): ((deliveryId: string) => Promise<void>) => {
  const attempt = createSyncAttempt(deps)
  return async (deliveryId) => {
    const delivery = await deps.sync.load(deliveryId)
    if (delivery === null) return
    if (!deps.slow.has(delivery.endpointId)) return attempt(delivery)
    await deps.sync.postpone(deliveryId, deps.fromMemory.withinMs)
    deps.fromMemory.take([delivery])
  }
}

/**
 * Makes one attempt at a delivery and records it. The result decides the state of the delivery:
 * - 2xx: delivered.
 * - 410, or no attempt is left in the schedule: dead.
 * - Anything else, including redirects, which are never followed: another attempt.
 *
 * A 410 disables the endpoint, unless the endpoint has got another URL meanwhile. Days of failures
 * also disable an endpoint, except an endpoint from the environment. If the delivery has ended in
 * the meantime, its state does not change. A failure does not change it after a replay either.
 * Calls `answered` before it records the result.
 */
export const createSyncAttempt =
  (deps: Omit<SyncDelivererDeps, 'sync' | 'fromMemory'> & { sync: Pick<SyncStore, 'record'> }) =>
  async (delivery: SyncDelivery, answered?: () => void): Promise<void> => {
    const { id: deliveryId } = delivery
    const startedMs = deps.clock.monotonicMs()
    const answer = await send(deps, delivery)
    answered?.()
    const durationMs = Math.round(deps.clock.monotonicMs() - startedMs)
    deps.slow.note(delivery.endpointId, durationMs)
    const attempt = delivery.attempts + 1
    const audit = auditsOf(deps, delivery, attempt, durationMs)
    const result = resultOf(delivery, answer, nextSyncInMs(attempt, deps.random), audit)
    const verdict = await deps.sync.record(deliveryId, result)
    deps.emit('sync.attempted', {
      deliveryId,
      endpointId: delivery.endpointId,
      eventType: delivery.eventType,
      attempt,
      status: answer.status,
      failure: result.state === 'delivered' ? null : result.failure,
      outcome: result.state === 'pending' ? 'retry' : result.state,
      durationMs,
      nextInMs: result.state === 'pending' ? result.nextInMs : null,
    })
    if (verdict) tell(deps, delivery, verdict)
  }

type Audits = (said: AuditSaid) => AuditEntry

const resultOf = (
  { url, attempts }: SyncDelivery,
  answer: WebhookAnswer,
  nextInMs: number | null,
  audit: Audits,
): SyncResult => {
  const { status } = answer
  const details = { status }
  if (status !== null && status >= 200 && status < 300) {
    return { state: 'delivered', status, audit: audit({ action: 'sync.delivered', details }) }
  }
  const failed = {
    ...{ url, attemptsBefore: attempts, status },
    failure: answer.status === null ? answer.failure : ('answer' as const),
    gone: status === GONE,
    disabledAudit: audit({ action: 'endpoint.disabled', details }),
  }
  return failed.gone || nextInMs === null
    ? { state: 'dead', audit: audit({ action: 'sync.dead', details }), ...failed }
    : {
        state: 'pending',
        nextInMs,
        audit: audit({
          action: 'sync.retried',
          details: { ...details, delayMs: Math.round(nextInMs) },
        }),
        ...failed,
      }
}

const tell = (
  deps: Pick<SyncDelivererDeps, 'emit'>,
  delivery: SyncDelivery,
  verdict: EndpointVerdict,
): void => {
  const { kind, consecutiveFailures, failingMs } = verdict
  const { tenantId, endpointId } = delivery
  const about = { tenantId, endpointId, consecutiveFailures, failingMs }
  if (kind === 'warn') deps.emit('sync.endpoint_failing', about)
  else deps.emit('sync.endpoint_disabled', { ...about, reason: kind })
}

/**
 * Signs the body at the time of the attempt, with every secret that is valid now. Receivers accept
 * the message if any of the signatures is correct (Standard Webhooks 1.0).
 */
const send = (
  deps: Pick<SyncDelivererDeps, 'clock' | 'transport'>,
  delivery: SyncDelivery,
): Promise<WebhookAnswer> => {
  const at = deps.clock.now()
  const signatures = delivery.secrets.map((secret) =>
    new Webhook(secret).sign(delivery.id, at, delivery.body),
  )
  return deps.transport.post({
    url: delivery.url,
    trusted: delivery.trusted,
    headers: {
      'content-type': 'application/json',
      'user-agent': 'outbound-gateway',
      'webhook-id': delivery.id,
      'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
      'webhook-signature': signatures.join(' '),
    },
    body: delivery.body,
  })
}

/** Builds the audit entries of one attempt. All have the attempt's number and latency. */
const auditsOf =
  (
    deps: Pick<SyncDelivererDeps, 'ids'>,
    delivery: SyncDelivery,
    attempt: number,
    latencyMs: number,
  ): Audits =>
  (said) =>
    createAuditEntry(deps.ids, byGateway({ tenantId: delivery.tenantId, requestId: delivery.id }), {
      ...said,
      object: said.action === 'endpoint.disabled' ? delivery.endpointId : delivery.object,
      attempt,
      latencyMs,
      outcome:
        said.action === 'sync.delivered' || said.action === 'endpoint.disabled' ? 'ok' : 'failed',
    })
