/** The events of the audit chain. */
export type AuditEvents = {
  /**
   * A signed block was written. Its number and hash are the head of the chain. The log keeps the
   * head outside the database.
   */
  'audit.chained': {
    block: number
    hash: string
    entries: number
    /** How long the oldest entry of the block had waited. */
    lagMs: number
    durationMs: number
  }
  /**
   * The head of a block was not appended to the file of heads. The head of the next block covers
   * this block too.
   */
  'audit.head_not_kept': { block: number; error: string }
}

export const AUDIT_EVENT_LEVELS = {
  'audit.chained': 'info',
  'audit.head_not_kept': 'error',
} as const
