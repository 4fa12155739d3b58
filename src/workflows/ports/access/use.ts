import type { Quotas, TenantUse } from '../../../domain/access/quotas.ts'

/** What one instance has counted for a tenant since it last shared its counts. */
export type Counted = { tenantId: string; rows: number; requests: number }

/**
 * The use of a tenant: its quotas, what all instances have counted, and when the present day and
 * minute end, by the database's clock.
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
   * Adds the counts to the present day and minute, in one statement, and returns the use of these
   * tenants. Unknown tenants are left out.
   */
  tell(counted: readonly Counted[]): Promise<Standing[]>
}
