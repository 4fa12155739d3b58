import type { Ids } from '../../lib/ids.ts'
import type { Caller } from '../access/access.ts'
import type { AuditAction, AuditSaid } from './audit-details.ts'

/**
 * An audit entry before the chainer numbers it. No personal data, ever: ids, counts and digests.
 */
export type AuditEntry = {
  id: string
  tenantId: string
  /** A key id, or `gateway` for what the service does without a call. */
  actor: string
  action: AuditAction
  /** The object's id, for example `upl_…`. */
  object: string
  requestId: string
  attempt: number
  latencyMs: number | null
  outcome: 'intended' | 'ok' | 'failed'
  counts: Record<string, number>
  /** The same as `AUDIT_DETAILS` defines for the action. */
  details: Record<string, unknown>
  digest: string | null
}

type Who = Pick<AuditEntry, 'tenantId' | 'actor' | 'requestId'>

/** The audit fields of a call, by its key. */
export const byCaller = ({ tenantId, keyId, requestId }: Caller): Who => ({
  tenantId,
  actor: keyId,
  requestId,
})

/** The audit fields of work without a call, done for the tenant because of an earlier request. */
export const byGateway = (about: { tenantId: string; requestId: string }): Who => ({
  tenantId: about.tenantId,
  actor: 'gateway',
  requestId: about.requestId,
})

/** What an entry of the audit trail may have in addition to its action, object and details. */
export type AuditAbout = Partial<Omit<AuditEntry, 'id' | 'action' | 'details' | keyof Who>>

/**
 * The only place that makes entries. Default: a first attempt that succeeded, without a latency.
 */
export const createAuditEntry = (
  ids: Ids,
  who: Who,
  about: AuditSaid & AuditAbout & Pick<AuditEntry, 'object'>,
): AuditEntry => ({
  id: ids.newId('aud'),
  ...who,
  attempt: 1,
  latencyMs: null,
  outcome: 'ok',
  counts: {},
  digest: null,
  ...about,
  details: about.details ?? {},
})
