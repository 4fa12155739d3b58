import type { Quotas, TenantUse } from '../../../domain/access/quotas.ts'

/** What one instance has counted for a tenant since it last shared its counts. */
export type Counted = { tenantId: string; rows: number; requests: number }

/**
 * The quotas of a tenant, and its use as counted by all instances. `minuteEndsMs`, `dayEndsMs`: the
 * milliseconds until the current minute or day ends (UTC, by the database's clock).
 * `use.openUploads` is 0 if the tenant has no quota of open uploads.
 */
export type Standing = {
  tenantId: string
  quotas: Quotas
  use: TenantUse
  minuteEndsMs: number
  dayEndsMs: number
}

/** What tenants use, over all instances. */
export type TenantUseStore = {
  /**
   * Adds the counts to the current day and minute and returns the use of these tenants, in one
   * statement. Unknown tenants are left out.
   */
  tell(counted: readonly Counted[]): Promise<Standing[]>
}
