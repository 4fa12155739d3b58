import type { Scope } from './access.ts'

/** The most that a tenant may use, over all instances. null: no limit. */
export type Quotas = {
  /** Rows read of accepted uploads in a day of UTC, rejected ones included. */
  rowsPerDay: number | null
  /** Uploads that are being received or have not ended. */
  openUploads: number | null
  /** Calls in a minute of UTC, by all keys. */
  requestsPerMinute: number | null
}
export type QuotaName = keyof Quotas

/**
 * A tenant may report people who must not be called at any time, whatever else it has sent: these
 * calls count and pass.
 */
const NEVER_REFUSED: ReadonlySet<Scope> = new Set(['dnc', 'dnc:override'])

/** Whether a call that needs the scope may be refused because of `requestsPerMinute`. */
export const isRefusedOverQuota = (scope: Scope | null): boolean =>
  scope === null || !NEVER_REFUSED.has(scope)

export const NO_QUOTAS: Quotas = { rowsPerDay: null, openUploads: null, requestsPerMinute: null }

/** What a tenant has used so far, over all instances, as of their last counts. */
export type TenantUse = { rowsToday: number; openUploads: number; requestsThisMinute: number }

export const NO_USE: TenantUse = { rowsToday: 0, openUploads: 0, requestsThisMinute: 0 }

/** More than any instance accepts in a day, and within the integers of the database. */
export const MOST_OF_A_QUOTA = 1_000_000_000
