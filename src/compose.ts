import { randomBytes } from 'node:crypto'
import { createServer } from 'node:net'

import type { Config } from './config.ts'
import { createGenesysClient } from './genesys/client.ts'
import { resolveRegion } from './genesys/regions.ts'
import { createHttpServer } from './http/server.ts'
import { renderUpload } from './http/upload-view.ts'
import { runIntake } from './intake/run-intake.ts'
import { createJobQueue } from './jobs/job-queue.ts'
import { adminKeyOf, encryptionKeysOf } from './kept-keys.ts'
import { createLaneWorkers } from './lanes/lane-worker.ts'
import { createSweeper } from './lanes/sweeper.ts'
import { systemClock } from './lib/clock.ts'
import { sha256 } from './lib/digest.ts'
import { createIds } from './lib/ids.ts'
import { startSandbox } from './sandbox/start-sandbox.ts'
import { openStore, type Store } from './store/open-store.ts'
import { createSyncDeliverer } from './sync/sync-deliverer.ts'
import type { Emit } from './telemetry/events.ts'
import type { Telemetry } from './telemetry/telemetry.ts'
import { createControlUpload } from './workflows/control-upload.ts'
import { createDeliverUpload } from './workflows/deliver-upload.ts'
import { createListContactLists, createReadContactList } from './workflows/read-contact-lists.ts'
import { createReadiness } from './workflows/readiness.ts'
import { createReceiveUpload } from './workflows/receive-upload.ts'

export type Gateway = {
  address: string
  simulated: boolean
  /** Set when this start made the admin key. */
  newAdminKey: string | null
  adminKeyFile: string | null
  stop(): Promise<void>
}

/** A body's record (a CSV line, a JSON element) may be this long; past it the file is malformed (design, section 6). */
const MAX_RECORD_BYTES = 1024 * 1024
/** A delivery goes on for a day before the upload is held (guide-api, table of errors). */
const RETRY_WINDOW_MS = 24 * 60 * 60 * 1000
const HOLD_RETRY_MS = 60_000
/** Lanes that one process works at once: each is one request in flight at the most, and the pace is shared anyway. */
const MAX_LANES = 16
const STOP_GRACE_MS = 6000

type Sandbox = Awaited<ReturnType<typeof startSandbox>>

const freePort = async (host: string): Promise<number> => {
  const probe = createServer()
  await new Promise<void>((resolve) => probe.listen(0, host, resolve))
  const address = probe.address()
  await new Promise((resolve) => probe.close(resolve))
  return typeof address === 'object' && address ? address.port : 0
}

const genesysUrls = (
  config: Config,
  sandbox: Sandbox | null,
): { apiUrl: string; loginUrl: string } => {
  if (sandbox) return { apiUrl: sandbox.url, loginUrl: sandbox.url }
  const { dialect, apiUrl, loginUrl, region } = config.genesys
  const hosts = resolveRegion(region)?.[dialect]
  if (!hosts) throw new Error('GENESYS_REGION names no Genesys Cloud region.')
  const api = apiUrl ?? hosts.apiUrl
  return { apiUrl: api, loginUrl: loginUrl ?? (dialect === 'guide' ? api : hosts.loginUrl) }
}

const startInProcessSandbox = async (config: Config): Promise<Sandbox | null> =>
  config.genesys.kind === 'sandbox'
    ? startSandbox({
        host: '127.0.0.1',
        port: 0,
        clientId: config.genesys.clientId,
        clientSecret: config.genesys.clientSecret,
        clock: systemClock,
      })
    : null

/** The store remembers whose org it serves: work accepted for one org is never sent to another. */
const bindStore = async (config: Config, store: Store, sandbox: Sandbox | null): Promise<void> => {
  const { apiUrl } = genesysUrls(config, sandbox)
  const apiHost = sandbox ? 'sandbox' : new URL(apiUrl).host
  const { dialect, clientId } = config.genesys
  if ((await store.home.bind({ dialect, apiHost, clientId })) === 'other') {
    throw new Error(
      'The database holds unfinished work for another Genesys (dialect, API host or client id). Finish it there first, or use another database.',
    )
  }
}

type Parts = {
  config: Config
  telemetry: Telemetry
  store: Store
  genesys: ReturnType<typeof createGenesysClient>
  owner: string
}

/** The lanes, the background jobs and the sweeper: everything that works without a caller. */
const createWork = async ({ config, telemetry, store, genesys, owner }: Parts) => {
  const { emit } = telemetry
  const ids = createIds({ clock: systemClock })
  const deliverSync = createSyncDeliverer({
    sync: store.sync,
    clock: systemClock,
    random: Math.random,
    emit,
    ids,
    timeoutMs: 5000,
  })
  const jobs = await createJobQueue({
    sql: store.sql,
    handlers: { 'sync-delivery': deliverSync },
    emit,
    clock: systemClock,
  })
  store.connectJobs(jobs)
  const deliver = createDeliverUpload({
    contactLists: genesys.contactLists,
    delivery: store.delivery,
    uploads: store.uploads,
    lists: store.lists,
    clock: systemClock,
    random: Math.random,
    ids,
    emit,
    retryWindowMs: RETRY_WINDOW_MS,
    completionPollMs: config.genesys.completionPollMs,
    holdRetryMs: HOLD_RETRY_MS,
  })
  const lanes = createLaneWorkers({
    lanes: store.lanes,
    delivery: store.delivery,
    deliver,
    clock: systemClock,
    emit,
    random: Math.random,
    owner,
    maxLanes: MAX_LANES,
    idlePollMs: 300,
  })
  const sweeper = createSweeper({
    lanes: store.lanes,
    uploads: store.uploads,
    sync: store.sync,
    jobs,
    clock: systemClock,
    emit,
    wake: () => lanes.wake(),
  })
  return { jobs, lanes, sweeper, ids }
}

const openGenesys = (config: Config, sandbox: Sandbox | null, store: Store, emit: Emit) =>
  createGenesysClient({
    ...genesysUrls(config, sandbox),
    dialect: config.genesys.dialect,
    clientId: config.genesys.clientId,
    clientSecret: config.genesys.clientSecret,
    requestsPerMinute: config.genesys.requestsPerMinute,
    batchRows: config.genesys.batchRows,
    pace: store.pace,
    clock: systemClock,
    random: Math.random,
    emit,
  })

/** Puts the parts together and starts them; the promise resolves when the gateway listens and works. */
export const composeGateway = async (config: Config, telemetry: Telemetry): Promise<Gateway> => {
  const { emit } = telemetry
  const owner = `${process.pid}-${randomBytes(6).toString('hex')}`
  const port = config.port === 0 ? await freePort(config.host) : config.port
  const address = `http://${config.host.includes(':') ? `[${config.host}]` : config.host}:${port}`
  const publicUrl = config.publicUrl ?? address
  const store = await openStore({
    home: config.home,
    encryptionKeys: encryptionKeysOf(config),
    clock: systemClock,
    ids: createIds({ clock: systemClock }),
    emit,
    publicUrl,
  })
  const sandbox = await startInProcessSandbox(config)
  await bindStore(config, store, sandbox)
  const adminKey = adminKeyOf(config)
  await store.access.ensureAdmin({ digest: sha256(adminKey.key), scopes: ['admin'] })
  await store.sync.ensureEnvEndpoints(config.endpoints)
  const genesys = openGenesys(config, sandbox, store, emit)
  const work = await createWork({ config, telemetry, store, genesys, owner })
  let stopping = false
  const server = await createGatewayServer({
    config,
    telemetry,
    store,
    genesys,
    owner,
    publicUrl,
    simulated: sandbox !== null,
    wake: () => work.lanes.wake(),
    stopping: () => stopping,
  })
  await work.jobs.start()
  work.lanes.start()
  work.sweeper.start()
  await server.listen({ host: config.host, port })
  return {
    address,
    simulated: sandbox !== null,
    newAdminKey: adminKey.made ? adminKey.key : null,
    adminKeyFile: adminKey.file,
    stop: async () => {
      stopping = true
      await Promise.all([server.close(), work.lanes.stop(STOP_GRACE_MS), work.sweeper.stop()])
      await work.jobs.stop()
      await genesys.close()
      await store.close()
      await sandbox?.close()
    },
  }
}

/** The HTTP border with the uses it calls. */
const createGatewayServer = async (
  deps: Parts & {
    publicUrl: string
    simulated: boolean
    wake: () => void
    stopping: () => boolean
  },
) => {
  const { config, store, genesys, telemetry, owner } = deps
  const { emit } = telemetry
  const ids = createIds({ clock: systemClock })
  const lists = { contactLists: genesys.contactLists, lists: store.lists, clock: systemClock, emit }
  return createHttpServer({
    access: store.access,
    uploads: store.uploads,
    receiveUpload: createReceiveUpload({
      ...lists,
      uploads: store.uploads,
      idempotency: store.idempotency,
      runIntake,
      renderUpload,
      intake: {
        defaultRegion: config.intake.defaultRegion,
        maxBytes: config.intake.maxUploadBytes,
        maxRows: config.intake.maxUploadRows,
        maxRecordBytes: MAX_RECORD_BYTES,
        contactIdPattern: config.intake.contactIdPattern,
        digestKey: store.digestKey,
      },
      ids,
      owner,
      wake: deps.wake,
    }),
    controlUpload: createControlUpload({ uploads: store.uploads, ids, wake: deps.wake }),
    readContactList: createReadContactList(lists),
    listContactLists: createListContactLists(lists),
    readiness: createReadiness({
      home: store.home,
      dialect: config.genesys.dialect,
      simulated: deps.simulated,
      lastGenesysAttempt: () => telemetry.lastGenesysAttempt(),
      stopping: deps.stopping,
    }),
    metrics: () =>
      telemetry.scrape({ database: () => store.home.gauges(), pace: () => genesys.paceStats() }),
    limits: { maxUploadBytes: config.intake.maxUploadBytes },
    metricsToken: config.metricsToken,
    trustProxy: config.trustProxy.length > 0 ? config.trustProxy : false,
    publicUrl: deps.publicUrl,
    sandbox: deps.simulated,
    emit,
    clock: systemClock,
    ids,
  })
}
