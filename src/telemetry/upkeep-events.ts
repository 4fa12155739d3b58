import type { QuotaName } from '../domain/access/quotas.ts'
import type { Erasure } from '../domain/erasures/erasure.ts'
import type { RetentionRuleName } from '../domain/retention/retention-rules.ts'

/** What is told of retention, of erasures, of encryption keys and of quotas. */
export type UpkeepEvents = {
  /** A call of a tenant that has used its quota. */
  'quota.exceeded': { tenantId: string; quota: QuotaName }
  /** One look of a rule; `behindMs`: how long the oldest of what it found was overdue. */
  'retention.swept': {
    rule: RetentionRuleName
    deleted: number
    behindMs: number
    more: boolean
    durationMs: number
  }
  /** Nothing is deleted meanwhile. */
  'retention.waiting': { reason: 'clock_unconfirmed' }
  /** Genesys did not answer, or did not take it; it is tried again. */
  'erasure.waiting': { erasureId: string; failure: string; attempt: number; retryInMs: number }
  'erasure.completed': {
    erasureId: string
    tenantId: string
    kind: Erasure['kind']
    state: Erasure['state']
    erased: number
    remains: number
    sinceAskedMs: number
    durationMs: number
  }
  'keys.resealed': { resealed: number; left: number; durationMs: number }
  /** Said every minute by whoever does it. */
  'keys.left': { left: number; olderKeys: number }
  /** The key may leave the configuration. */
  'keys.retired': { keyId: string }
}

export const UPKEEP_EVENT_LEVELS = {
  'quota.exceeded': 'info',
  'retention.swept': 'info',
  'retention.waiting': 'warn',
  'erasure.waiting': 'warn',
  'erasure.completed': 'info',
  'keys.resealed': 'info',
  'keys.left': 'debug',
  'keys.retired': 'info',
} as const
