/** An audit entry before the chainer numbers it. No personal data, ever: ids, counts and digests. */
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
  'key.created',
  'list.cleared',
  'list.extended',
] as const
export type AuditAction = (typeof AUDIT_ACTIONS)[number]

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
