import type { Scope } from './access.ts'

/** How much a tenant may use at most, over all instances together. null: no limit. */
export type Quotas = {
  /**
   * Rows of accepted uploads in a day of UTC. All rows that were read count, including rejected
   * rows.
   */
  rowsPerDay: number | null
  /** Uploads that are still being received, and uploads that have not ended. */
  openUploads: number | null
  /** Calls in a minute of UTC, by all keys of the tenant. */
  requestsPerMinute: number | null
}
export type QuotaName = keyof Quotas

/**
 * Calls that need one of these scopes count towards `requestsPerMinute`, but are never refused
 * because of it. A tenant must be able to report at any time that a person must not be called.
 */
const NEVER_REFUSED: ReadonlySet<Scope> = new Set(['dnc', 'dnc:override'])

/** Whether a call that needs the scope may be refused because of `requestsPerMinute`. */
export const isRefusedOverQuota = (scope: Scope | null): boolean =>
  scope === null || !NEVER_REFUSED.has(scope)

export const NO_QUOTAS: Quotas = { rowsPerDay: null, openUploads: null, requestsPerMinute: null }

/**
 * What a tenant has used so far. Rows and requests: the sum of the counts that the instances have
 * stored. Open uploads: counted in the database.
 */
export type TenantUse = { rowsToday: number; openUploads: number; requestsThisMinute: number }

export const NO_USE: TenantUse = { rowsToday: 0, openUploads: 0, requestsThisMinute: 0 }

/**
 * The largest quota that can be set. It is more than a tenant needs, and the database can store it
 * as an integer.
 */
export const MOST_OF_A_QUOTA = 1_000_000_000
