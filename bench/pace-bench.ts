import { setTimeout as delay } from 'node:timers/promises'

import type { StoreHome } from '../src/store/open-store.ts'
import { cleanFile } from '../test/support/contact-file.ts'
import { type RunningGateway, setStage } from '../test/support/stage.ts'

export type PaceFigures = {
  instances: number
  seconds: number
  sent: number
  allowed: number
  utilisation: number
  maxPerMinute: number
  throttled: number
}

const LISTS = [1, 2, 3, 4, 5].map((n) => `demo-list-${n}`)
const PER_MINUTE = 900
const ROWS_A_LIST = 6000
/** Small batches make many requests of few rows: the pace is the bottleneck, not the rows. */
const BATCH_ROWS = 10

/** Five busy lists for `seconds`: what Genesys counted against what the configured pace allows. Its limit is that pace itself. */
export const measurePace = async (
  home: StoreHome,
  instances: number,
  seconds: number,
): Promise<PaceFigures> => {
  const stage = await setStage(home, 'guide', { limits: { guideRequestsPerMinute: PER_MINUTE } })
  try {
    const gateways: RunningGateway[] = []
    for (let n = 0; n < instances; n += 1) {
      gateways.push(
        await stage.gateway({
          LOG_LEVEL: 'info',
          GENESYS_BATCH_ROWS: String(BATCH_ROWS),
          GENESYS_REQUESTS_PER_MINUTE: String(PER_MINUTE),
        }),
      )
    }
    for (const [index, list] of LISTS.entries()) {
      const gateway = gateways[index % instances] as RunningGateway
      await gateway.client.upload(list, cleanFile({ rows: ROWS_A_LIST, prefix: list }).csv)
    }
    const before = stage.sandbox.ledger().requests.total
    const startedAt = performance.now()
    await delay(seconds * 1000)
    const took = (performance.now() - startedAt) / 1000
    const ledger = stage.sandbox.ledger()
    const sent = ledger.requests.total - before
    const allowed = Math.round((PER_MINUTE / 60) * took)
    return {
      instances,
      seconds: took,
      sent,
      allowed,
      utilisation: sent / allowed,
      maxPerMinute: ledger.windows.guide.maxPerWindow,
      throttled: ledger.throttled,
    }
  } finally {
    await stage.close()
  }
}
