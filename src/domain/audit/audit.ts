import type { Ids } from '../../lib/ids.ts'
import type { Caller } from '../access/access.ts'
import type { AuditAction, AuditSaid } from './audit-details.ts'

/**
 * An audit entry before it gets its number in the chain. It contains no personal data: only ids,
 * codes, counts, times and digests.
 */
export type AuditEntry = {
  id: string
  tenantId: string
  /**
   * A key id. `gateway`: the gateway acted by itself or because of a webhook from Genesys, or a
   * trigger of the database wrote the entry.
   */
  actor: string
  action: AuditAction
  /** The object's id, for example `upl_…`. */
  object: string
  requestId: string
  attempt: number
  latencyMs: number | null
  outcome: 'intended' | 'ok' | 'failed'
  counts: Record<string, number>
  /** In the form that `AUDIT_DETAILS` has for the action. */
  details: Record<string, unknown>
  digest: string | null
}

type Who = Pick<AuditEntry, 'tenantId' | 'actor' | 'requestId'>

/** The audit fields for a call that was made with a key. */
export const byCaller = ({ tenantId, keyId, requestId }: Caller): Who => ({
  tenantId,
  actor: keyId,
  requestId,
})

/**
 * The audit fields for work that the gateway does itself. `requestId`: the request that caused the
 * work. If no request caused the work, a word for it, such as `start`.
 */
export const byGateway = (about: { tenantId: string; requestId: string }): Who => ({
  tenantId: about.tenantId,
  actor: 'gateway',
  requestId: about.requestId,
})

/** The optional fields of an audit entry. */
export type AuditAbout = Partial<Omit<AuditEntry, 'id' | 'action' | 'details' | keyof Who>>

/**
 * Makes an audit entry. Only this function and a trigger of the database (`MOVED`) make entries.
 * Default: a first attempt that succeeded, without a latency.
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
