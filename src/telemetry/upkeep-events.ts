import type { QuotaName } from '../domain/access/quotas.ts'
import type { Erasure } from '../domain/erasures/erasure.ts'
import type { RetentionRuleName } from '../domain/retention/retention-rules.ts'

/** The events of retention, erasures, encryption keys and quotas. */
export type UpkeepEvents = {
  /** A call was refused because its tenant has used up a quota. */
  'quota.exceeded': { tenantId: string; quota: QuotaName }
  /**
   * One run of a retention rule. `behindMs`: for how long the oldest row of the run was overdue.
   * `more`: rows are left for the next run.
   */
  'retention.swept': {
    rule: RetentionRuleName
    deleted: number
    behindMs: number
    more: boolean
    durationMs: number
  }
  /** Retention deletes nothing until a second source confirms the time. */
  'retention.waiting': { reason: 'clock_unconfirmed' }
  /** Genesys did not answer, or refused. The gateway tries again. */
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
  /**
   * Emitted about once a minute, by the instance that has the task of resealing. `left`: how many
   * values are still sealed with older keys.
   */
  'keys.left': { left: number; olderKeys: number }
  /**
   * No stored data is sealed with this key any longer, so you may remove the key from the
   * configuration.
   */
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
