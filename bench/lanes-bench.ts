import { setTimeout as delay } from 'node:timers/promises'

import type { StoreHome } from '../src/store/homes/open-store.ts'
import { cleanFile, FILE_COLUMNS } from '../test/support/stages/contact-file.ts'
import { type RunningGateway, setStage } from '../test/support/stages/stage.ts'
import { type DatabaseFigures, readDatabase } from './database-figures.ts'

export type LanesFigures = {
  home: StoreHome['kind']
  instances: number
  uploads: number
  seconds: number
  /** Figures of the database server at the end. null on the embedded home. */
  database: DatabaseFigures | null
}

const ROWS = 20
const SENDERS = 8
const WITHIN_MS = 180_000
const POLL_MS = 50

const finishedBy = (gateways: readonly RunningGateway[]): number =>
  gateways.reduce((sum, gateway) => sum + gateway.events('upload.finished').length, 0)

/**
 * Sends one upload of 20 rows to each of `lists` lists, without a pace. Measures the time until all
 * of these uploads have finished.
 */
export const measureLanes = async (
  home: StoreHome,
  about: { instances: number; lists: number },
): Promise<LanesFigures> => {
  const stage = await setStage(home, 'guide')
  try {
    const gateways: RunningGateway[] = []
    for (let n = 0; n < about.instances; n += 1) {
      gateways.push(await stage.gateway({ LOG_LEVEL: 'info', KEY_REQUESTS_PER_MINUTE: '600000' }))
    }
    const columns = FILE_COLUMNS.map((name) => ({
      name,
      kind: name === 'phoneNumber' ? ('phone' as const) : ('text' as const),
      required: false,
    }))
    const lists = Array.from({ length: about.lists }, (_, n) => `lane-${n}`)
    for (const id of lists) stage.sandbox.makeList({ id, name: id, columns })
    const startedAt = performance.now()
    const waiting = [...lists.entries()]
    const send = async (): Promise<void> => {
      for (let next = waiting.shift(); next; next = waiting.shift()) {
        const [n, list] = next
        const answer = await gateways[n % gateways.length]?.client.upload(
          list,
          cleanFile({ rows: ROWS, prefix: list }).csv,
        )
        if (answer?.status !== 202) throw new Error(`Answered ${answer?.status}: ${answer?.text}`)
      }
    }
    await Promise.all(Array.from({ length: SENDERS }, send))
    while (finishedBy(gateways) < lists.length) {
      if (performance.now() - startedAt > WITHIN_MS) throw new Error('The lanes did not finish')
      await delay(POLL_MS)
    }
    const seconds = (performance.now() - startedAt) / 1000
    const database = await readDatabase(home)
    return { home: home.kind, instances: about.instances, uploads: lists.length, seconds, database }
  } finally {
    await stage.close()
  }
}
