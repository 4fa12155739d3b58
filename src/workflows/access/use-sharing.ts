import type { Quotas } from '../../domain/access/quotas.ts'
import type { Clock } from '../../lib/clock.ts'
import { traceOf } from '../../lib/error-trace.ts'
import type { Emit } from '../../telemetry/events.ts'
import type { Standing, TenantUseStore } from '../ports/access/use.ts'

/** What this instance knows about a tenant's use. */
export type Tenant = {
  quotas: Quotas
  /** The use of all instances, as last read from the database. */
  told: { rows: number; requests: number; open: number }
  /**
   * Use of this instance that is not shared yet. The statement that runs now shares `telling`, and
   * the next statement shares `counted`.
   */
  counted: { rows: number; requests: number }
  telling: { rows: number; requests: number }
  /** Uploads that began on this instance after the open uploads were last counted. */
  begun: number
  heardMs: number
  minuteEndsMs: number
  dayEndsMs: number
  usedMs: number
}

export type SharingDeps = { use: TenantUseStore; clock: Clock; emit: Emit }

const TELL_EVERY_MS = 1_000
/** After each failure in a row, the wait doubles up to this. An outage then logs little. */
const LONGEST_WAIT_MS = 30_000

/**
 * While something is counted, runs one statement a second. While the statement fails, the waits
 * grow. They end as soon as a statement for a call succeeds. The statement covers the tenants that
 * called this instance or were counted since the last statement. It shares their use here and reads
 * their use on all instances.
 */
export const createUseSharing = (deps: SharingDeps, tenants: ReadonlyMap<string, Tenant>) => {
  const { clock, emit } = deps
  const stopped = new AbortController()
  let underWay: Promise<void> | null = null
  let waiting: Promise<void> | null = null
  let failures = 0
  /** Aborts when the database answers again after failures. */
  let answered = new AbortController()
  /**
   * Shares and reads now. If a statement already runs, waits for its end and then runs another
   * statement. The running statement may not yet include the tenant or the count of this caller.
   */
  const now = async (): Promise<void> => {
    if (underWay !== null) await underWay.catch(() => undefined)
    underWay ??= tell(deps, tenants)
      .then(noteAnswer)
      .finally(() => {
        underWay = null
      })
    return underWay
  }
  const noteAnswer = (): void => {
    if (failures === 0) return
    failures = 0
    answered.abort()
    answered = new AbortController()
  }
  const failed = (error: unknown): void =>
    emit('job.failed', { queue: 'tenant-use', error: traceOf(error) })
  const later = async (): Promise<void> => {
    const waitMs = Math.min(LONGEST_WAIT_MS, TELL_EVERY_MS * 2 ** Math.max(0, failures - 1))
    const sooner = AbortSignal.any([stopped.signal, answered.signal])
    await clock.sleep(waitMs, sooner).catch(() => undefined)
    waiting = null
    await now().catch((error: unknown) => {
      failures += 1
      failed(error)
      // Perhaps no call follows that would share what is counted.
      if (!stopped.signal.aborted) soon()
    })
  }
  const soon = (): void => {
    waiting ??= later()
  }
  return {
    now,
    soon,
    stop: async () => {
      stopped.abort()
      await waiting
      await now().catch(failed)
    },
  }
}

/**
 * Whether the next statement covers the tenant. Rows can be counted long after the tenant's last
 * call, when a slow body has arrived.
 */
const isToTell = ({ counted, usedMs, heardMs }: Tenant): boolean =>
  counted.rows !== 0 || counted.requests !== 0 || usedMs >= heardMs

const tell = async (
  { use, clock }: SharingDeps,
  tenants: ReadonlyMap<string, Tenant>,
): Promise<void> => {
  const all = [...tenants].filter(([, tenant]) => isToTell(tenant))
  if (all.length === 0) return
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

const hear = (tenant: Tenant, standing: Standing, nowMs: number): void => {
  const { use } = standing
  tenant.quotas = standing.quotas
  tenant.told = { rows: use.rowsToday, requests: use.requestsThisMinute, open: use.openUploads }
  tenant.heardMs = nowMs
  tenant.minuteEndsMs = nowMs + standing.minuteEndsMs
  tenant.dayEndsMs = nowMs + standing.dayEndsMs
}
