import { NO_QUOTAS, type QuotaName, type Quotas } from '../../domain/access/quotas.ts'
import { GatewayProblem } from '../../domain/problems/problem.ts'
import type { Clock } from '../../lib/clock.ts'
import { traceOf } from '../../lib/error-trace.ts'
import type { Emit } from '../../telemetry/events.ts'
import type { Standing, TenantUseStore } from '../ports/access/use.ts'

/** Room that a new upload was given. */
export type UploadRoom = {
  /** Rows that may still be read today; Infinity without a quota. */
  rowsLeft: number
  /**
   * Counts the rows that were read, before they are staged. Throws 429 where they are more than
   * what is left meanwhile.
   */
  takeRows(rows: number): void
  /** Nothing came of the upload: what it had taken is free again. */
  giveBack(): void
  /** 429: the file has more rows than `rowsLeft`. */
  overRows(): GatewayProblem
}

/** Counts what tenants use, and refuses calls over a quota with 429 `quota-exceeded`. */
export type CountUse = {
  /** A call. `refusing` false: it counts and passes, whatever the quota is. */
  request(tenantId: string, refusing: boolean): Promise<void>
  /** A new upload. Throws 429, and 503 if the use is unknown. */
  upload(tenantId: string): Promise<UploadRoom>
  /** Shares the counts so far. Resolves when they are shared, or the database is away. */
  stop(): Promise<void>
}

const TELL_EVERY_MS = 1_000
/**
 * Older values, because the tenant was quiet here or the database is away, are read again before a
 * call of a tenant with a quota passes.
 */
const STALE_MS = 2_000
/** Uploads end when they end; asking again sooner is in vain mostly. */
const OPEN_RETRY_SECONDS = 10

type Tenant = {
  quotas: Quotas
  /** By all instances, as heard last. */
  told: { rows: number; requests: number; open: number }
  /** Counted here since then: not shared yet, and on its way. */
  counted: { rows: number; requests: number }
  telling: { rows: number; requests: number }
  /** Uploads begun here since the open ones were counted. */
  begun: number
  heardMs: number
  minuteEndsMs: number
  dayEndsMs: number
  usedMs: number
}

type Deps = { use: TenantUseStore; clock: Clock; emit: Emit }

const anew = (nowMs: number): Tenant => ({
  quotas: NO_QUOTAS,
  told: { rows: 0, requests: 0, open: 0 },
  counted: { rows: 0, requests: 0 },
  telling: { rows: 0, requests: 0 },
  begun: 0,
  heardMs: -Infinity,
  minuteEndsMs: 0,
  dayEndsMs: 0,
  usedMs: nowMs,
})

const hear = (tenant: Tenant, standing: Standing, nowMs: number): void => {
  const { use } = standing
  tenant.quotas = standing.quotas
  tenant.told = { rows: use.rowsToday, requests: use.requestsThisMinute, open: use.openUploads }
  tenant.heardMs = nowMs
  tenant.minuteEndsMs = nowMs + standing.minuteEndsMs
  tenant.dayEndsMs = nowMs + standing.dayEndsMs
}

/**
 * One statement a second shares what every tenant used here, and reads what all of them used
 * everywhere.
 */
const createTelling = ({ use, clock, emit }: Deps, tenants: Map<string, Tenant>) => {
  const stopped = new AbortController()
  let underWay: Promise<void> | null = null
  let waiting: Promise<void> | null = null
  const tell = async (): Promise<void> => {
    const all = [...tenants].filter(([, { usedMs, heardMs }]) => usedMs >= heardMs)
    for (const [, tenant] of all) {
      tenant.telling = tenant.counted
      tenant.counted = { rows: 0, requests: 0 }
    }
    const begun = new Map(all.map(([id, tenant]) => [id, tenant.begun]))
    try {
      const told = await use.tell(all.map(([tenantId, { telling }]) => ({ tenantId, ...telling })))
      const nowMs = clock.monotonicMs()
      for (const standing of told) {
        const tenant = tenants.get(standing.tenantId)
        if (tenant === undefined) continue
        hear(tenant, standing, nowMs)
        tenant.begun -= begun.get(standing.tenantId) ?? 0
      }
    } catch (error) {
      for (const [, { counted, telling }] of all) {
        counted.rows += telling.rows
        counted.requests += telling.requests
      }
      throw error
    } finally {
      for (const [, tenant] of all) tenant.telling = { rows: 0, requests: 0 }
    }
  }
  const now = (): Promise<void> => {
    underWay ??= tell().finally(() => {
      underWay = null
    })
    return underWay
  }
  const failed = (error: unknown): void =>
    emit('job.failed', { queue: 'tenant-use', error: traceOf(error) })
  const soon = async (): Promise<void> => {
    await clock.sleep(TELL_EVERY_MS, stopped.signal).catch(() => undefined)
    waiting = null
    await now().catch(failed)
  }
  return {
    /**
     * Callers that ask while one is under way get the next one: the present one may not include
     * them yet.
     */
    now: async () => {
      if (underWay !== null) await underWay.catch(() => undefined)
      return now()
    },
    soon: () => {
      waiting ??= soon()
    },
    stop: async () => {
      stopped.abort()
      await waiting
      await now().catch(failed)
    },
  }
}

const exceeded = (quota: QuotaName, limit: number, retryMs: number): GatewayProblem =>
  new GatewayProblem(
    'quota-exceeded',
    `The tenant has used up its quota ${quota} of ${limit}.`,
    { quota, limit },
    Math.max(1, Math.ceil(retryMs / 1000)),
  )

/**
 * The use over all instances, as far as it is known here: the value that was read, unless its
 * period is over, plus what came here since.
 */
const usedOf = (tenant: Tenant, nowMs: number) => ({
  rows:
    (nowMs < tenant.dayEndsMs ? tenant.told.rows : 0) + tenant.telling.rows + tenant.counted.rows,
  requests:
    (nowMs < tenant.minuteEndsMs ? tenant.told.requests : 0) +
    tenant.telling.requests +
    tenant.counted.requests,
  open: tenant.told.open + Math.max(0, tenant.begun),
})

/**
 * Counts in memory and shares the counts through the database once a second. A call waits for the
 * database only if this instance does not know the tenant yet, or has not read its use for two
 * seconds. So a quota can be exceeded by what the other instances accept within three seconds at
 * most.
 */
export const createCountUse = (deps: Deps): CountUse => {
  const { clock, emit } = deps
  const tenants = new Map<string, Tenant>()
  const telling = createTelling(deps, tenants)
  const known = async (tenantId: string): Promise<Tenant> => {
    const nowMs = clock.monotonicMs()
    let tenant = tenants.get(tenantId)
    if (tenant === undefined) {
      tenant = anew(nowMs)
      tenants.set(tenantId, tenant)
    }
    tenant.usedMs = nowMs
    const isUnknown = tenant.heardMs === -Infinity
    const hasQuota = Object.values(tenant.quotas).some((limit) => limit !== null)
    if (isUnknown || (hasQuota && nowMs - tenant.heardMs > STALE_MS)) await telling.now()
    return tenant
  }
  const refusal = (tenantId: string, quota: QuotaName, limit: number, retryMs: number) => {
    emit('quota.exceeded', { tenantId, quota })
    return exceeded(quota, limit, retryMs)
  }
  return {
    request: async (tenantId, refusing) => {
      const tenant = await known(tenantId)
      const nowMs = clock.monotonicMs()
      const limit = tenant.quotas.requestsPerMinute
      if (refusing && limit !== null && usedOf(tenant, nowMs).requests >= limit) {
        throw refusal(tenantId, 'requestsPerMinute', limit, tenant.minuteEndsMs - nowMs)
      }
      tenant.counted.requests += 1
      telling.soon()
    },
    upload: async (tenantId) => {
      const tenant = await known(tenantId)
      const { openUploads } = tenant.quotas
      if (openUploads !== null && usedOf(tenant, clock.monotonicMs()).open >= openUploads) {
        throw refusal(tenantId, 'openUploads', openUploads, OPEN_RETRY_SECONDS * 1000)
      }
      const room = roomOf(tenant, clock, (limit, retryMs) =>
        refusal(tenantId, 'rowsPerDay', limit, retryMs),
      )
      telling.soon()
      return room
    },
    stop: telling.stop,
  }
}

/** Room for one upload, whose rows are counted when they have been read. */
const roomOf = (
  tenant: Tenant,
  clock: Clock,
  refusal: (limit: number, retryMs: number) => GatewayProblem,
): UploadRoom => {
  const { rowsPerDay } = tenant.quotas
  const left = (): number =>
    rowsPerDay === null ? Infinity : rowsPerDay - usedOf(tenant, clock.monotonicMs()).rows
  const overRows = () => refusal(rowsPerDay ?? 0, tenant.dayEndsMs - clock.monotonicMs())
  if (left() <= 0) throw overRows()
  tenant.begun += 1
  let taken = 0
  let isGiven = true
  return {
    rowsLeft: left(),
    takeRows: (rows) => {
      if (rows > left()) throw overRows()
      tenant.counted.rows += rows
      taken = rows
    },
    giveBack: () => {
      if (!isGiven) return
      isGiven = false
      tenant.counted.rows -= taken
      if (tenant.begun > 0) tenant.begun -= 1
    },
    overRows,
  }
}

/** Unlimited room, if nobody counts. */
export const UNBOUNDED: UploadRoom = {
  rowsLeft: Infinity,
  takeRows: () => undefined,
  giveBack: () => undefined,
  overRows: () => new GatewayProblem('quota-exceeded', 'There is no room.'),
}
