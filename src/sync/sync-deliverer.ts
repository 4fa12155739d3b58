import { Webhook } from 'standardwebhooks'

import type { AuditSaid } from '../domain/audit/audit-details.ts'
import { type AuditEntry, byGateway, createAuditEntry } from '../domain/audit/audit.ts'
import type { Clock } from '../lib/clock.ts'
import type { Ids } from '../lib/ids.ts'
import type { Emit } from '../telemetry/events.ts'
import type {
  EndpointVerdict,
  SyncDelivery,
  SyncResult,
  SyncStore,
} from '../workflows/ports/endpoints/sync.ts'
import { nextSyncInMs } from './sync-schedule.ts'
import type { WebhookAnswer, WebhookTransport } from './webhook-transport.ts'

export type SyncDelivererDeps = {
  sync: Pick<SyncStore, 'load' | 'record'>
  transport: Pick<WebhookTransport, 'post'>
  clock: Clock
  /** For jitter, in [0, 1). */
  random: () => number
  emit: Emit
  ids: Ids
}

/** The receiver wants nothing more of it (Standard Webhooks 1.0). */
const GONE = 410

/** Makes one attempt at the delivery of this id, if it is one that is due. */
export const createSyncDeliverer = (
  deps: SyncDelivererDeps,
): ((deliveryId: string) => Promise<void>) => {
  const attempt = createSyncAttempt(deps)
  return async (deliveryId) => {
    const delivery = await deps.sync.load(deliveryId)
    if (delivery !== null) await attempt(delivery)
  }
}

/**
 * Makes one attempt at a delivery and records it. 2xx is delivered. 410 or a used-up schedule is
 * dead. Everything else (redirects included, which are never followed) is tried again. A 410, or
 * days of nothing but failures, disables the endpoint. A delivery that has ended meanwhile does not
 * change.
 */
export const createSyncAttempt =
  (deps: Omit<SyncDelivererDeps, 'sync'> & { sync: Pick<SyncStore, 'record'> }) =>
  async (delivery: SyncDelivery): Promise<void> => {
    const { id: deliveryId } = delivery
    const startedMs = deps.clock.monotonicMs()
    const answer = await send(deps, delivery)
    const durationMs = Math.round(deps.clock.monotonicMs() - startedMs)
    const attempt = delivery.attempts + 1
    const audit = auditsOf(deps, delivery, attempt, durationMs)
    const result = resultOf(answer, nextSyncInMs(attempt, deps.random), audit)
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

const resultOf = (answer: WebhookAnswer, nextInMs: number | null, audit: Audits): SyncResult => {
  const { status } = answer
  const details = { status }
  if (status !== null && status >= 200 && status < 300) {
    return { state: 'delivered', status, audit: audit({ action: 'sync.delivered', details }) }
  }
  const failed = {
    status,
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
 * Signed at the time of the attempt, with every secret that holds now: receivers take one that fits
 * (Standard Webhooks 1.0).
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

/** The same details for each: what the endpoint answered. */
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
