/** What is told of the audit chain. */
export type AuditEvents = {
  /**
   * A signed block was written: its number and hash are the head of the chain, which the log
   * carries out of the database.
   */
  'audit.chained': {
    block: number
    hash: string
    entries: number
    /** How long its oldest entry had waited. */
    lagMs: number
    durationMs: number
  }
  /** A head was not appended to the file of heads. The head of the next block stands for it. */
  'audit.head_not_kept': { block: number; error: string }
}

export const AUDIT_EVENT_LEVELS = {
  'audit.chained': 'info',
  'audit.head_not_kept': 'error',
} as const
