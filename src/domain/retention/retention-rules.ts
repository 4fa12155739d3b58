/** The rules of retention: each is a row of docs/retention.md. */
export const RETENTION_RULES = {
  'staged-rows': { keptDays: 30 },
  'upload-records': { keptDays: 90 },
  'idempotency-answers': { keptDays: 7 },
  'webhook-deliveries': { keptDays: 90 },
  'guest-file-records': { keptDays: 90 },
  'segment-versions': { keptDays: 90 },
  'do-not-call-submissions': { keptDays: 5 * 365 },
  // The database itself refuses less than five years, leap days included.
  'audit-entries': { keptDays: 5 * 366 },
} as const satisfies Record<string, { keptDays: number }>
export type RetentionRuleName = keyof typeof RETENTION_RULES
export const RETENTION_RULE_NAMES = Object.keys(RETENTION_RULES) as RetentionRuleName[]
