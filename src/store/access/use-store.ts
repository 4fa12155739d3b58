import { sql } from 'kysely'

import type { Quotas, TenantUse } from '../../domain/access/quotas.ts'
import type { Standing, TenantUseStore } from '../../workflows/ports/access/use.ts'
import type { Database } from '../homes/database.ts'
import { runKeptQuery } from '../homes/kept-statements.ts'

export type QuotaRow = {
  rows_per_day: string | null
  open_uploads: number | null
  requests_per_minute: number | null
}
export type UseRow = { rows_used: string; requests_used: string; open_used: number }

type StandingRow = QuotaRow & UseRow & { tenant_id: string; minute_left: number; day_left: number }

const DAY_SECONDS = 86_400

/** The present day and minute, counted from 1970 in UTC, and how many seconds are left of each. */
export const PERIODS = sql`select floor(extract(epoch from at) / ${sql.lit(DAY_SECONDS)})::bigint as day, floor(extract(epoch from at) / 60)::bigint as minute,
  (${sql.lit(DAY_SECONDS)} - extract(epoch from at)::numeric % ${sql.lit(DAY_SECONDS)})::float8 as day_left,
  (60 - extract(epoch from at)::numeric % 60)::float8 as minute_left
  from (select clock_timestamp() as at) as present`

const OPEN_USED = sql`(select count(*)::int from upload where upload.tenant_id = tenant.id
  and upload.state not in ('completed', 'completed_with_errors', 'failed', 'cancelled'))`

export const QUOTA_COLUMNS = sql`rows_per_day::text, open_uploads, requests_per_minute`

/**
 * How much of its quotas a tenant has used. Needs the tables `tenant` and `periods` in the query.
 */
export const USE_COLUMNS = sql`
  coalesce((select used from tenant_use u where u.tenant_id = tenant.id and u.kind = 'rows' and u.period = periods.day), 0)::text as rows_used,
  coalesce((select used from tenant_use u where u.tenant_id = tenant.id and u.kind = 'requests' and u.period = periods.minute), 0)::text as requests_used,
  ${OPEN_USED} as open_used`

/** Makes quotas from a row. null: no limit. */
export const quotasOf = (row: QuotaRow): Quotas => ({
  rowsPerDay: row.rows_per_day === null ? null : Number(row.rows_per_day),
  openUploads: row.open_uploads,
  requestsPerMinute: row.requests_per_minute,
})

/**
 * Makes the use from a row. A count of an earlier day or minute is 0 in the row already
 * (`USE_COLUMNS`).
 */
export const useOf = (row: UseRow): TenantUse => ({
  rowsToday: Number(row.rows_used),
  openUploads: row.open_used,
  requestsThisMinute: Number(row.requests_used),
})

const toStanding = (row: StandingRow): Standing => ({
  tenantId: row.tenant_id,
  quotas: quotasOf(row),
  use: useOf(row),
  minuteEndsMs: Math.ceil(row.minute_left * 1000),
  dayEndsMs: Math.ceil(row.day_left * 1000),
})

/** The SQL store that counts what tenants use. A count in a new day or minute starts from zero. */
export const createUseStore = ({ db }: Database): TenantUseStore => ({
  tell: async (counted) => {
    const rows = await runKeptQuery(
      db,
      sql<StandingRow>`with periods as materialized (${PERIODS}),
      given as materialized (select * from json_to_recordset(${JSON.stringify(counted)}::json)
        as g ("tenantId" text, rows bigint, requests bigint)),
      added as (
        insert into tenant_use as u (tenant_id, kind, period, used)
        select tenant.id, kind, period, used from given join tenant on tenant.id = given."tenantId", periods,
          lateral (values ('requests', periods.minute, given.requests), ('rows', periods.day, given.rows)) as of_kind (kind, period, used)
        order by tenant.id, kind
        on conflict (tenant_id, kind) do update set period = excluded.period,
          used = greatest(0, excluded.used + case when u.period = excluded.period then u.used else 0 end)
        returning tenant_id, kind, used)
      select tenant.id as tenant_id, ${QUOTA_COLUMNS}, periods.day_left, periods.minute_left,
        (select used::text from added where tenant_id = tenant.id and kind = 'rows') as rows_used,
        (select used::text from added where tenant_id = tenant.id and kind = 'requests') as requests_used,
        case when open_uploads is null then 0 else ${OPEN_USED} end as open_used
      from given join tenant on tenant.id = given."tenantId", periods`,
    )
    return rows.map(toStanding)
  },
})
