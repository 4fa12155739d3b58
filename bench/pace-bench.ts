import { setTimeout as delay } from 'node:timers/promises'

import type { StoreHome } from '../src/store/homes/open-store.ts'
import { cleanFile } from '../test/support/stages/contact-file.ts'
import { type Dialect, type RunningGateway, setStage } from '../test/support/stages/stage.ts'

/** One way to keep the gateway busy. The configured pace is that of the dialect. */
export type PaceCase = {
  name: string
  dialect: Dialect
  instances: number
  lists: number
  /** What Genesys really allows, as a share of the configured pace. */
  realShare: number
  /** How much later Genesys answers each call. 0: immediately. */
  latencyMs: number
  seconds: number
}

export type PaceFigures = {
  name: string
  seconds: number
  sent: number
  allowed: number
  utilisation: number
  maxPerMinute: number
  throttled: number
  /** The time from sending a batch to settling it. */
  batchMs: { p50: number; p99: number } | null
}

const PER_MINUTE = { guide: 900, platform: 300 } as const
const ROWS_A_LIST = 12_000
/**
 * With small batches, the gateway makes many requests of few rows each. The bottleneck is then the
 * pace, and not the number of rows.
 */
const BATCH_ROWS = 10

const percentiles = (values: number[]): PaceFigures['batchMs'] => {
  const sorted = values.toSorted((a, b) => a - b)
  const at = (share: number): number | undefined =>
    sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]
  const [p50, p99] = [at(0.5), at(0.99)]
  return p50 === undefined || p99 === undefined ? null : { p50, p99 }
}

/** Keeps lists busy for some seconds. Compares what Genesys accepted with what it really allows. */
export const measurePace = async (home: StoreHome, about: PaceCase): Promise<PaceFigures> => {
  const perMinute = PER_MINUTE[about.dialect]
  const real = perMinute * about.realShare
  const stage = await setStage(home, about.dialect, {
    limits: { guideRequestsPerMinute: real, platformRequestsPerMinute: real },
  })
  try {
    if (about.latencyMs > 0) {
      stage.sandbox.setFaults([{ kind: 'slow', delayMs: about.latencyMs }])
    }
    const gateways: RunningGateway[] = []
    for (let n = 0; n < about.instances; n += 1) {
      gateways.push(
        await stage.gateway({
          LOG_LEVEL: 'info',
          GENESYS_BATCH_ROWS: String(BATCH_ROWS),
          GENESYS_REQUESTS_PER_MINUTE: String(perMinute),
        }),
      )
    }
    for (let n = 0; n < about.lists; n += 1) {
      const [list, gateway] = [`demo-list-${n + 1}`, gateways[n % about.instances]]
      await gateway?.client.upload(list, cleanFile({ rows: ROWS_A_LIST, prefix: list }).csv)
    }
    const [before, startedAt] = [stage.sandbox.ledger(), performance.now()]
    await delay(about.seconds * 1000)
    const seconds = (performance.now() - startedAt) / 1000
    const ledger = stage.sandbox.ledger()
    const throttled = ledger.throttled - before.throttled
    const sent = ledger.requests.total - before.requests.total
    const allowed = Math.round((real / 60) * seconds)
    const settled = gateways.flatMap((gateway) => gateway.events('batch.settled'))
    return {
      name: about.name,
      seconds,
      sent,
      allowed,
      utilisation: (sent - throttled) / allowed,
      maxPerMinute: ledger.windows[about.dialect].maxPerWindow,
      throttled,
      batchMs: percentiles(settled.map(({ durationMs }) => Number(durationMs))),
    }
  } finally {
    await stage.close()
  }
}
