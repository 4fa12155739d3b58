import type { Ids } from '../../lib/ids.ts'
import type { Caller } from '../access/access.ts'

export const AUDIT_ACTIONS = [
  'upload.accepted',
  'upload.batch.intended',
  'upload.batch.settled',
  'upload.finished',
  'upload.held',
  'upload.controlled',
  'sync.delivered',
  'sync.dead',
  'sync.replayed',
  'endpoint.created',
  'endpoint.changed',
  'endpoint.disabled',
  'endpoint.secret_rotated',
  'endpoint.deleted',
  'list.provisioned',
  'webhook.verified',
  'webhook.contradicted',
  'webhook.malformed',
  'key.created',
  'key.rotated',
  'key.revoked',
  'tenant.created',
  'tenant.changed',
  'list.cleared',
  'list.extended',
  'list.settings_changed',
  'segment.requested',
  'segment.refused',
  'segment.sent',
  'segment.campaign_stopped',
  'segment.campaign_started',
  'segment.held',
  'segment.resumed',
  'segment.applied',
  'segment.failed',
  'dnc.accepted',
  'dnc.removed',
  'dnc.overridden',
  'dnc.released',
  'dnc.resumed',
  'dnc.sent',
  'dnc.refused',
  'dnc.replaced',
  'dnc.held',
  'dnc.external_change',
  'guest_file.accepted',
  'guest_file.refused',
  'guest_file.scanned',
  'guest_file.registered',
  'guest_file.transferred',
  'guest_file.url_refused',
  'guest_file.held',
  'guest_file.stored',
  'guest_file.verdict',
  'guest_file.ended',
  'dnc.retracted',
  'dnc.pulled',
  'console.signed_in',
  'console.signed_out',
  'erasure.accepted',
  'erasure.contact',
  'erasure.completed',
  'registry.changed',
  'registry.edition_accepted',
  'registry.edition_in_force',
  'registry.edition_deleted',
] as const
export type AuditAction = (typeof AUDIT_ACTIONS)[number]

/** An audit entry before the chainer numbers it. No personal data, ever: ids, counts and digests. */
export type AuditEntry = {
  id: string
  tenantId: string
  /** A key id, or `gateway` for what the service does by itself. */
  actor: string
  action: AuditAction
  /** The object's id, for example `upl_…`. */
  object: string
  requestId: string
  attempt: number
  latencyMs: number | null
  outcome: 'intended' | 'ok' | 'failed'
  counts: Record<string, number>
  digest: string | null
}

type Who = Pick<AuditEntry, 'tenantId' | 'actor' | 'requestId'>

/** What a caller asked for, by its key. */
export const byCaller = ({ tenantId, keyId, requestId }: Caller): Who => ({
  tenantId,
  actor: keyId,
  requestId,
})

/** What the gateway does by itself, for the tenant, because of the earlier request. */
export const byGateway = (about: { tenantId: string; requestId: string }): Who => ({
  tenantId: about.tenantId,
  actor: 'gateway',
  requestId: about.requestId,
})

/** The only place that makes entries. Of what it is not told: a first attempt without a latency that went well. */
export const createAuditEntry = (
  ids: Ids,
  who: Who,
  about: Pick<AuditEntry, 'action' | 'object'> & Partial<Omit<AuditEntry, 'id' | keyof Who>>,
): AuditEntry => ({
  id: ids.newId('aud'),
  ...who,
  attempt: 1,
  latencyMs: null,
  outcome: 'ok',
  counts: {},
  digest: null,
  ...about,
})
