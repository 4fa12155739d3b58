import { randomUUID } from 'node:crypto'
import { createReadStream, writeFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'

import type { StoreHome } from '../src/store/open-store.ts'
import { cleanFile } from '../test/support/contact-file.ts'
import { metricOf } from '../test/support/gateway-process.ts'
import { type RunningGateway, setStage } from '../test/support/stage.ts'

export type UploadFigures = {
  home: StoreHome['kind']
  rows: number
  cpuSeconds: number
  wallSeconds: number
  idleMiB: number
  /** While the file was received. */
  receivingMiB: number
  /** Until the last contact was delivered; null when delivery was not waited for. */
  deliveredMiB: number | null
}

const LIST = 'demo-contacts'
const WARM_UP_LIST = 'demo-list-1'
const WARM_UP_ROWS = 20_000
const SETTLE_MS = 2000
const BLOCK_BYTES = 256 * 1024
const DELIVER_WITHIN_MS = 20 * 60_000

const cpuSeconds = async (gateway: RunningGateway): Promise<number> => {
  const { text } = await gateway.client.call('/metrics')
  return metricOf(text, 'process_cpu_seconds_total')
}

/** Makes VmHWM start again from what is resident now (Linux: proc(5), clear_refs 5). */
const forgetPeak = (pid: number): void => writeFileSync(`/proc/${pid}/clear_refs`, '5')

/** One upload of the file at `path` into a gateway on `home`: processor time to the 202, and memory. */
export const measureUpload = async (
  home: StoreHome,
  path: string,
  options: { deliver: boolean },
): Promise<UploadFigures> => {
  const stage = await setStage(home, 'guide')
  try {
    const gateway = await stage.gateway({ LOG_LEVEL: 'info' })
    const { client } = gateway
    const warm = await client.upload(WARM_UP_LIST, cleanFile({ rows: WARM_UP_ROWS }).csv)
    await client.finished(warm.body.id)
    await delay(SETTLE_MS)
    const idleMiB = gateway.residentMiB()
    forgetPeak(gateway.pid)
    const cpuBefore = await cpuSeconds(gateway)
    const startedAt = performance.now()
    const body = createReadStream(path, { highWaterMark: BLOCK_BYTES })
    const answer = await client.upload(LIST, body, { key: randomUUID() })
    const wallSeconds = (performance.now() - startedAt) / 1000
    const used = (await cpuSeconds(gateway)) - cpuBefore
    if (answer.status !== 202) throw new Error(`Answered ${answer.status}: ${answer.text}`)
    const receivingMiB = gateway.peakMiB()
    if (options.deliver) await client.finished(answer.body.id, DELIVER_WITHIN_MS)
    return {
      home: home.kind,
      rows: answer.body.counts.read,
      cpuSeconds: used,
      wallSeconds,
      idleMiB,
      receivingMiB,
      deliveredMiB: options.deliver ? gateway.peakMiB() : null,
    }
  } finally {
    await stage.close()
  }
}
