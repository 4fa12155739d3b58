import { createReadStream, writeFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'

import { CONFIG_VARIABLES } from '../src/config-variables.ts'
import type { StoreHome } from '../src/store/homes/open-store.ts'
import { metricOf } from '../test/support/gateway/gateway-process.ts'
import { type RunningGateway, type Stage, setStage } from '../test/support/stages/stage.ts'
import { contactFile } from './contact-files.ts'
import { type DatabaseFigures, readDatabase } from './database-figures.ts'

/** What a span of work cost. `database`: null on the embedded home. */
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
  /**
   * Like `received`, but for the third time that the gateway reads the file. The first two times
   * include work of the V8 compiler. null: this measurement was not requested.
   */
  receivedAgain: Cost | null
  /**
   * The cost from the 202 to the last contact in Genesys, without any pace. null: the bench did not
   * wait for the delivery.
   */
  delivered: Cost | null
  idleMiB: number
  /** Memory while the file was received. */
  receivingMiB: number
  /** Memory until the last contact was delivered. */
  deliveredMiB: number | null
}

export const LIST = 'demo-contacts'
const WARM_UP_LIST = 'demo-list-1'
const WARM_UP_ROWS = 20_000
/**
 * The lists to which the same file is sent a second and a third time. The third time is measured.
 */
const AGAIN_LISTS = ['demo-list-2', 'demo-list-3'] as const
/** Options for an upload that is received and staged like any other, but then held. */
export const heldQuery = (): string =>
  `notBefore=${new Date(Date.now() + 24 * 60 * 60_000).toISOString()}`
/** How long a gateway rests before it is measured. */
export const SETTLE_MS = 2000
const BLOCK_BYTES = 256 * 1024
const DELIVER_WITHIN_MS = 20 * 60_000
/** Limits that are high enough for a file of ten million rows, and the default warm-up. */
export const ROOM = {
  MAX_UPLOAD_ROWS: '20000000',
  MAX_UPLOAD_BYTES: String(8 * 2 ** 30),
  WARM_UP_ROWS: CONFIG_VARIABLES.find(({ name }) => name === 'WARM_UP_ROWS')!.default!,
}

const cpuSeconds = async (gateway: RunningGateway): Promise<number> => {
  const { text } = await gateway.client.call('/metrics')
  return metricOf(text, 'process_cpu_seconds_total')
}

/**
 * Makes the kernel start VmHWM again from the present resident size (Linux: proc(5), clear_refs 5).
 */
export const forgetPeak = (pid: number): void => writeFileSync(`/proc/${pid}/clear_refs`, '5')

/** The file as a request's body. */
export const bodyOf = (path: string) => createReadStream(path, { highWaterMark: BLOCK_BYTES })

/** A gateway that has delivered 20,000 rows, and then rested for two seconds. */
export const startWarm = async (
  stage: Stage,
  env: Record<string, string> = {},
): Promise<RunningGateway> => {
  const gateway = await stage.gateway({ LOG_LEVEL: 'info', ...ROOM, ...env })
  const warm = await gateway.client.upload(WARM_UP_LIST, contactFile(WARM_UP_ROWS))
  await gateway.client.finished(warm.body.id)
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

/** What `work` costs the gateway and the database server behind it. */
export const costOf = async <T>(
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

type Upload = Awaited<ReturnType<RunningGateway['client']['upload']>>

const uploadFile = async (
  gateway: RunningGateway,
  list: string,
  path: string,
  options: { held: boolean },
): Promise<Upload['body']> => {
  const query = options.held ? { query: heldQuery() } : {}
  const { status, body, text } = await gateway.client.upload(list, bodyOf(path), query)
  if (status !== 202) throw new Error(`Answered ${status}: ${text}`)
  return body
}

const receiveAgain = async (
  gateway: RunningGateway,
  home: StoreHome,
  path: string,
): Promise<Cost | null> => {
  let last: Cost | null = null
  for (const list of AGAIN_LISTS) {
    await delay(SETTLE_MS)
    const work = () => uploadFile(gateway, list, path, { held: true })
    last = (await costOf(gateway, home, work)).cost
  }
  return last
}

/**
 * Uploads the file at `path` to a separate gateway on `home`. Measures the memory, and the cost up
 * to the 202 and up to the end of the delivery. `again`: sends the file two more times.
 */
export const measureUpload = async (
  home: StoreHome,
  path: string,
  options: { deliver: boolean; again: boolean },
): Promise<UploadFigures> => {
  const stage = await setStage(home, 'guide')
  try {
    const gateway = await startWarm(stage)
    const idleMiB = gateway.residentMiB()
    forgetPeak(gateway.pid)
    const received = await costOf(gateway, home, () =>
      uploadFile(gateway, LIST, path, { held: !options.deliver }),
    )
    const { id, counts, source } = received.result
    const receivingMiB = gateway.peakMiB()
    const delivered = options.deliver
      ? await costOf(gateway, home, () => gateway.client.finished(id, DELIVER_WITHIN_MS))
      : null
    const deliveredMiB = delivered && gateway.peakMiB()
    return {
      home: home.kind,
      rows: counts.read - counts.blank,
      accepted: counts.accepted,
      bytes: source.bytes,
      received: received.cost,
      receivedAgain: options.again ? await receiveAgain(gateway, home, path) : null,
      delivered: delivered && delivered.cost,
      idleMiB,
      receivingMiB,
      deliveredMiB,
    }
  } finally {
    await stage.close()
  }
}
