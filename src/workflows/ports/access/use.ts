import type { Quotas, TenantUse } from '../../../domain/access/quotas.ts'

/** What one instance has counted of a tenant since it last told. */
export type Counted = { tenantId: string; rows: number; requests: number }

/** Where a tenant stands: its quotas, what all instances have counted, and when the present day and minute end, by the database's clock. */
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
   * Adds what was counted to the present day and minute, in one statement, and answers where these tenants stand then. A tenant that is unknown is left out.
   */
  tell(counted: readonly Counted[]): Promise<Standing[]>
}
