import { createReadStream, writeFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'

import type { StoreHome } from '../src/store/open-store.ts'
import { metricOf } from '../test/support/gateway-process.ts'
import { type RunningGateway, type Stage, setStage } from '../test/support/stage.ts'
import { contactFile } from './contact-files.ts'
import { type DatabaseFigures, readDatabase } from './database-figures.ts'

/** What a stretch of work cost; of the database only where it is a server. */
export type Cost = {
  cpuSeconds: number
  wallSeconds: number
  database: DatabaseFigures | null
}

export type UploadFigures = {
  home: StoreHome['kind']
  /** Records that are not blank, as the parsers count them. */
  rows: number
  accepted: number
  bytes: number
  /** From the first byte of the request to the 202. */
  received: Cost
  /** From the 202 to the last contact in Genesys, without any pace; null when it was not waited for. */
  delivered: Cost | null
  idleMiB: number
  /** While the file was received. */
  receivingMiB: number
  /** Until the last contact was delivered. */
  deliveredMiB: number | null
}

export const LIST = 'demo-contacts'
const WARM_UP_LISTS = ['demo-list-1', 'demo-list-2']
const WARM_UP_ROWS = 50_000
const SETTLE_MS = 2000
const BLOCK_BYTES = 256 * 1024
const DELIVER_WITHIN_MS = 20 * 60_000
/** Enough for a file of ten million rows. */
const ROOM = { MAX_UPLOAD_ROWS: '20000000', MAX_UPLOAD_BYTES: String(8 * 2 ** 30) }

const cpuSeconds = async (gateway: RunningGateway): Promise<number> => {
  const { text } = await gateway.client.call('/metrics')
  return metricOf(text, 'process_cpu_seconds_total')
}

/** Makes VmHWM start again from what is resident now (Linux: proc(5), clear_refs 5). */
const forgetPeak = (pid: number): void => writeFileSync(`/proc/${pid}/clear_refs`, '5')

/** The file as a request's body. */
export const bodyOf = (path: string) => createReadStream(path, { highWaterMark: BLOCK_BYTES })

/** A gateway that has run for a while: it has delivered two files of 50,000 rows, and then rested for two seconds. */
export const startWarm = async (
  stage: Stage,
  env: Record<string, string> = {},
): Promise<RunningGateway> => {
  const gateway = await stage.gateway({ LOG_LEVEL: 'info', ...ROOM, ...env })
  for (const list of WARM_UP_LISTS) {
    const warm = await gateway.client.upload(list, contactFile(WARM_UP_ROWS))
    await gateway.client.finished(warm.body.id)
  }
  await delay(SETTLE_MS)
  return gateway
}

const difference = (after: DatabaseFigures, before: DatabaseFigures): DatabaseFigures => ({
  cpuSeconds: after.cpuSeconds - before.cpuSeconds,
  walBytes: after.walBytes - before.walBytes,
  chunkBytes: after.chunkBytes - before.chunkBytes,
  registerBytes: after.registerBytes - before.registerBytes,
  databaseBytes: after.databaseBytes - before.databaseBytes,
  connections: after.connections,
})

const costOf = async <T>(
  gateway: RunningGateway,
  home: StoreHome,
  work: () => Promise<T>,
): Promise<{ result: T; cost: Cost }> => {
  const before = { cpu: await cpuSeconds(gateway), database: await readDatabase(home) }
  const startedAt = performance.now()
  const result = await work()
  const wallSeconds = (performance.now() - startedAt) / 1000
  const [cpu, database] = [await cpuSeconds(gateway), await readDatabase(home)]
  const cost = {
    cpuSeconds: cpu - before.cpu,
    wallSeconds,
    database: database && before.database && difference(database, before.database),
  }
  return { result, cost }
}

/** One upload of the file at `path` into a gateway of its own on `home`: what it cost to the 202 and to its end, and memory. */
export const measureUpload = async (
  home: StoreHome,
  path: string,
  options: { deliver: boolean },
): Promise<UploadFigures> => {
  const stage = await setStage(home, 'guide')
  try {
    const gateway = await startWarm(stage)
    const { client } = gateway
    const idleMiB = gateway.residentMiB()
    forgetPeak(gateway.pid)
    const received = await costOf(gateway, home, () => client.upload(LIST, bodyOf(path)))
    const { status, body, text } = received.result
    if (status !== 202) throw new Error(`Answered ${status}: ${text}`)
    const receivingMiB = gateway.peakMiB()
    const delivered = options.deliver
      ? await costOf(gateway, home, () => client.finished(body.id, DELIVER_WITHIN_MS))
      : null
    return {
      home: home.kind,
      rows: body.counts.read - body.counts.blank,
      accepted: body.counts.accepted,
      bytes: body.source.bytes,
      received: received.cost,
      delivered: delivered && delivered.cost,
      idleMiB,
      receivingMiB,
      deliveredMiB: delivered && gateway.peakMiB(),
    }
  } finally {
    await stage.close()
  }
}
