import { Webhook } from 'standardwebhooks'
import { request } from 'undici'

import type { AuditEntry } from '../domain/audit.ts'
import type { Clock } from '../lib/clock.ts'
import type { Ids } from '../lib/ids.ts'
import type { Emit } from '../telemetry/events.ts'
import type { SyncDelivery, SyncStore } from '../workflows/ports/platform.ts'
import { nextSyncInMs } from './sync-schedule.ts'

export type SyncDelivererDeps = {
  sync: SyncStore
  clock: Clock
  /** For jitter, in [0, 1). */
  random: () => number
  emit: Emit
  ids: Ids
  /** For the whole attempt; 5 s (guide-api, timeouts). */
  timeoutMs: number
}

/** An answer's body means nothing to us; past this it is not even read. */
const MAX_ANSWER_BYTES = 64 * 1024
/** The receiver wants nothing more of it (Standard Webhooks 1.0). */
const GONE = 410

/**
 * Makes one attempt at a delivery and records it: 2xx is delivered, 410 or a used-up schedule is dead, everything else (redirects
 * included, which are never followed) is tried again. Unknown and finished deliveries are passed over.
 */
export const createSyncDeliverer =
  (deps: SyncDelivererDeps) =>
  async (deliveryId: string): Promise<void> => {
    const delivery = await deps.sync.load(deliveryId)
    if (delivery === null) return
    const startedMs = deps.clock.monotonicMs()
    const status = await post(deps, delivery)
    const durationMs = Math.round(deps.clock.monotonicMs() - startedMs)
    const attempt = delivery.attempts + 1
    const delivered = status !== null && status >= 200 && status < 300
    const nextInMs = delivered || status === GONE ? null : nextSyncInMs(attempt, deps.random)
    const told = { deliveryId, endpoint: delivery.endpointName, eventType: delivery.eventType }
    const measured = { attempt, status, durationMs, nextInMs }
    const audit = (action: 'sync.delivered' | 'sync.dead') =>
      auditOf(deps, delivery, action, attempt, durationMs)
    if (delivered) {
      await deps.sync.record(deliveryId, {
        state: 'delivered',
        status,
        audit: audit('sync.delivered'),
      })
      deps.emit('sync.attempted', { ...told, ...measured, outcome: 'delivered' })
    } else if (nextInMs === null) {
      await deps.sync.record(deliveryId, { state: 'dead', status, audit: audit('sync.dead') })
      deps.emit('sync.attempted', { ...told, ...measured, outcome: 'dead' })
    } else {
      await deps.sync.record(deliveryId, { state: 'pending', status, nextInMs })
      deps.emit('sync.attempted', { ...told, ...measured, outcome: 'retry' })
    }
  }

/** The answer's status; null when there was none in time. */
const post = async (deps: SyncDelivererDeps, delivery: SyncDelivery): Promise<number | null> => {
  const at = deps.clock.now()
  const signature = new Webhook(delivery.secret).sign(delivery.id, at, delivery.body)
  try {
    const answer = await request(delivery.url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'user-agent': 'outbound-gateway',
        'webhook-id': delivery.id,
        'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
        'webhook-signature': signature,
      },
      body: delivery.body,
      signal: AbortSignal.timeout(deps.timeoutMs),
    })
    await passOver(answer.body)
    return answer.statusCode
  } catch {
    return null
  }
}

/** The status decides; a body that is endless or breaks off changes nothing. */
const passOver = async (
  body: AsyncIterable<Uint8Array> & { destroy(): unknown },
): Promise<void> => {
  let bytes = 0
  try {
    for await (const piece of body) {
      bytes += piece.byteLength
      if (bytes > MAX_ANSWER_BYTES) break
    }
  } catch {
    body.destroy()
  }
}

const auditOf = (
  deps: SyncDelivererDeps,
  delivery: SyncDelivery,
  action: 'sync.delivered' | 'sync.dead',
  attempt: number,
  latencyMs: number,
): AuditEntry => ({
  id: deps.ids.newId('aud'),
  tenantId: delivery.tenantId,
  actor: 'gateway',
  action,
  object: delivery.object,
  requestId: delivery.id,
  attempt,
  latencyMs,
  outcome: action === 'sync.delivered' ? 'ok' : 'failed',
  counts: {},
  digest: null,
})
