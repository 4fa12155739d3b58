import type { Clock } from '../lib/clock.ts'
import type { GatewayEvents } from './events.ts'

/**
 * Counts of the last hour, minute by minute, for operators without Prometheus. They cover only this
 * process.
 */
export const HOUR_SERIES = [
  'rowsAccepted',
  'rowsDelivered',
  'genesysCalls',
  'genesysFailures',
] as const
export type HourSerie = (typeof HOUR_SERIES)[number]

/** Sixty counts for each series, oldest first. The last count is that of the current minute. */
export type LastHour = Record<HourSerie, number[]>

const MINUTES = 60

type Counts = Record<HourSerie, number>
const none = (): Counts => ({
  rowsAccepted: 0,
  rowsDelivered: 0,
  genesysCalls: 0,
  genesysFailures: 0,
})

type Effects = {
  [Name in keyof GatewayEvents]?: (counts: Counts, fields: GatewayEvents[Name]) => void
}

const EFFECTS: Effects = {
  'upload.staged': (counts, { accepted }) => {
    counts.rowsAccepted += accepted
  },
  'batch.settled': (counts, { delivered }) => {
    counts.rowsDelivered += delivered
  },
  'genesys.attempted': (counts, { failure }) => {
    counts.genesysCalls += 1
    if (failure !== null) counts.genesysFailures += 1
  },
}

/** Keeps an hour of counts in a ring of sixty minutes. */
export const createLastHour = (clock: Pick<Clock, 'monotonicMs'>) => {
  const ring = new Map<number, Counts>()
  const minuteNow = (): number => Math.floor(clock.monotonicMs() / 60_000)
  const current = (): Counts => {
    const minute = minuteNow()
    const known = ring.get(minute)
    if (known !== undefined) return known
    for (const old of ring.keys()) if (old <= minute - MINUTES) ring.delete(old)
    const fresh = none()
    ring.set(minute, fresh)
    return fresh
  }
  return {
    note: <Name extends keyof GatewayEvents>(name: Name, fields: GatewayEvents[Name]): void => {
      EFFECTS[name]?.(current(), fields)
    },
    read: (): LastHour => {
      const last = minuteNow()
      const counts = Array.from(
        { length: MINUTES },
        (_, at) => ring.get(last - MINUTES + 1 + at) ?? none(),
      )
      const serie = (name: HourSerie): number[] => counts.map((minute) => minute[name])
      return {
        rowsAccepted: serie('rowsAccepted'),
        rowsDelivered: serie('rowsDelivered'),
        genesysCalls: serie('genesysCalls'),
        genesysFailures: serie('genesysFailures'),
      }
    },
  }
}
