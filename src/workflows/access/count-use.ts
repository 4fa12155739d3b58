import { NO_QUOTAS, type QuotaName } from '../../domain/access/quotas.ts'
import { GatewayProblem } from '../../domain/problems/problem.ts'
import type { Clock } from '../../lib/clock.ts'
import { createUseSharing, type SharingDeps, type Tenant } from './use-sharing.ts'

/** The part of the tenant's quotas that a new upload may still use. */
export type UploadRoom = {
  /** Rows that may still be read today. Infinity if there is no quota. */
  rowsLeft: number
  /**
   * Counts the rows of the file before the upload is staged. Throws 429 if the quota no longer has
   * that many rows, for example because other uploads have used them meanwhile.
   */
  takeRows(rows: number): void
  /**
   * Call this if the upload is not accepted. Takes back the count of its rows and frees its place
   * among the open uploads.
   */
  giveBack(): void
  /** The problem (429) of a file with more rows than `rowsLeft`. */
  overRows(): GatewayProblem
}

/**
 * Counts what tenants use, and refuses calls over a quota with 429 `quota-exceeded`. `request` and
 * `upload` throw `StoreUnavailable` if the use must be read first but the database cannot be
 * reached. Exception: if a tenant had no quotas at the last reading, its calls continue without
 * quotas.
 */
export type CountUse = {
  /** Counts a call. With `refusing`, throws 429 if the quota is used up. */
  request(tenantId: string, refusing: boolean): Promise<void>
  /** Counts an open upload. Throws 429 if the quota of open uploads or of rows is used up. */
  upload(tenantId: string): Promise<UploadRoom>
  /**
   * Shares the counts so far. If the database cannot be reached, these counts are lost, and the
   * promise resolves anyway.
   */
  stop(): Promise<void>
}

/**
 * The greatest age of a reading of a tenant's quotas and use. If its reading is older, the instance
 * reads again before the tenant's next call. A reading gets older if the tenant does not call this
 * instance, or if the database cannot be reached.
 */
const STALE_MS = 2_000
/**
 * Retry-After for `openUploads`. Nobody knows when an open upload will end, so callers should not
 * retry every second.
 */
const OPEN_RETRY_SECONDS = 10

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

const exceeded = (quota: QuotaName, limit: number, retryMs: number): GatewayProblem =>
  new GatewayProblem(
    'quota-exceeded',
    `The tenant has used up its quota ${quota} (${limit}).`,
    { quota, limit },
    Math.max(1, Math.ceil(retryMs / 1000)),
  )

/**
 * The use over all instances, as far as this instance knows it. That is the use at the last reading
 * (0 if the day or minute of that reading is over) plus what this instance has counted since.
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
 * Counts in memory, and shares new counts through the database within a second (after a failure of
 * the database, within 30 seconds). A call waits for
 * the database only if this instance does not know the tenant yet, or has not read its quotas and
 * use for two seconds. So the use can exceed a quota by at most what the other instances accept
 * within three seconds.
 */
export const createCountUse = (deps: SharingDeps): CountUse => {
  const { clock, emit } = deps
  const tenants = new Map<string, Tenant>()
  const sharing = createUseSharing(deps, tenants)
  const known = async (tenantId: string): Promise<Tenant> => {
    const nowMs = clock.monotonicMs()
    let tenant = tenants.get(tenantId)
    if (tenant === undefined) {
      tenant = anew(nowMs)
      tenants.set(tenantId, tenant)
    }
    tenant.usedMs = nowMs
    const isUnknown = tenant.heardMs === -Infinity
    if (!isUnknown && nowMs - tenant.heardMs <= STALE_MS) return tenant
    const hasQuota = Object.values(tenant.quotas).some((limit) => limit !== null)
    // A known tenant without quotas may have got its first quota meanwhile. If the quotas cannot be
    // read, the call of such a tenant continues without a quota.
    await sharing.now().catch((error: unknown) => {
      if (isUnknown || hasQuota) throw error
    })
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
      sharing.soon()
    },
    upload: async (tenantId) => {
      const tenant = await known(tenantId)
      const { openUploads } = tenant.quotas
      if (openUploads !== null && usedOf(tenant, clock.monotonicMs()).open >= openUploads) {
        throw refusal(tenantId, 'openUploads', openUploads, OPEN_RETRY_SECONDS * 1000)
      }
      const room = roomOf(tenant, {
        clock,
        refusal: (limit, retryMs) => refusal(tenantId, 'rowsPerDay', limit, retryMs),
        shareSoon: sharing.soon,
      })
      sharing.soon()
      return room
    },
    stop: sharing.stop,
  }
}

type RoomDeps = {
  clock: Clock
  refusal: (limit: number, retryMs: number) => GatewayProblem
  shareSoon: () => void
}

/** The room for one upload. Its rows are counted when they have been read. */
const roomOf = (tenant: Tenant, { clock, refusal, shareSoon }: RoomDeps): UploadRoom => {
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
      shareSoon()
    },
    giveBack: () => {
      if (!isGiven) return
      isGiven = false
      tenant.counted.rows -= taken
      if (tenant.begun > 0) tenant.begun -= 1
      if (taken > 0) shareSoon()
    },
    overRows,
  }
}

/** No limits, for a gateway that counts no use. */
export const UNBOUNDED: UploadRoom = {
  rowsLeft: Infinity,
  takeRows: () => undefined,
  giveBack: () => undefined,
  overRows: () => new GatewayProblem('quota-exceeded', 'There is no room.'),
}
