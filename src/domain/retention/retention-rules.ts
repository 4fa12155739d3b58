/**
 * The rules of retention: how many days each kind of data is kept. Each rule is a row of
 * docs/retention.md. `readHours`: after these days, no new read begins. The data is deleted this
 * many hours later, so that earlier reads can end.
 */
export const RETENTION_RULES = {
  // No read of the rows begins after 30 days. A read that began earlier has one hour to end. If the
  // deletion interrupted this read, the caller could not repeat it.
  'staged-rows': { keptDays: 30, readHours: 1 },
  'upload-records': { keptDays: 90 },
  'idempotency-answers': { keptDays: 7 },
  'webhook-deliveries': { keptDays: 90 },
  'guest-file-records': { keptDays: 90 },
  'segment-versions': { keptDays: 90 },
  'do-not-call-submissions': { keptDays: 5 * 365 },
  // Five years of 366 days. The database refuses to delete entries that are younger than five
  // years, leap days included.
  'audit-entries': { keptDays: 5 * 366 },
} as const satisfies Record<string, { keptDays: number; readHours?: number }>
export type RetentionRuleName = keyof typeof RETENTION_RULES
export const RETENTION_RULE_NAMES = Object.keys(RETENTION_RULES) as RetentionRuleName[]
