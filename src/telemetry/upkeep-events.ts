import type { RetentionRuleName } from '../domain/retention/retention-rules.ts'

/** What is told of retention and of encryption keys. */
export type UpkeepEvents = {
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
  'keys.resealed': { resealed: number; left: number; durationMs: number }
  /** Said every minute by whoever does it. */
  'keys.left': { left: number; olderKeys: number }
  /** The key may leave the configuration. */
  'keys.retired': { keyId: string }
}

export const UPKEEP_EVENT_LEVELS = {
  'retention.swept': 'info',
  'retention.waiting': 'warn',
  'keys.resealed': 'info',
  'keys.left': 'debug',
  'keys.retired': 'info',
} as const
