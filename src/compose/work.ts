import { createJobQueue } from '../jobs/job-queue.ts'
import { createCampaignWorker } from '../lanes/campaign-worker.ts'
import { createDncWorker } from '../lanes/dnc-worker.ts'
import { createLaneWorkers, type LaneWorkers } from '../lanes/lane-worker.ts'
import type { ObjectWorker } from '../lanes/object-worker.ts'
import { createRetractionWorker } from '../lanes/retraction-worker.ts'
import { createSweeper } from '../lanes/sweeper.ts'
import { systemClock } from '../lib/clock.ts'
import { createIds } from '../lib/ids.ts'
import { createFirstAttempts } from '../sync/first-attempts.ts'
import { createSlowEndpoints } from '../sync/slow-endpoints.ts'
import { createSyncAttempt, createSyncDeliverer } from '../sync/sync-deliverer.ts'
import { createWebhookTransport } from '../sync/webhook-transport.ts'
import { createBisectBudgets } from '../workflows/delivery/bisect-budget.ts'
import { createContentHashes } from '../workflows/delivery/content-hashes.ts'
import { createDeliverUpload } from '../workflows/delivery/deliver-upload.ts'
import { createHoldKeeper } from '../workflows/delivery/look-after-holds.ts'
import { createDeliverTogether } from '../workflows/delivery/shipments/deliver-together.ts'
import { createFillRegisters } from '../workflows/do-not-call/afterwards/fill-registers.ts'
import { createLookBack } from '../workflows/do-not-call/afterwards/look-back.ts'
import { createRetractContacts } from '../workflows/do-not-call/afterwards/retract-contacts.ts'
import { createSendEntries } from '../workflows/do-not-call/send-entries.ts'
import { createApplySegment } from '../workflows/segments/apply/apply-segment.ts'
import { auditChainerOf } from './audit.ts'
import { pullWorkersOf } from './dnc-pulls.ts'
import { erasureWorkerOf, upkeepWorkerOf } from './erasures.ts'
import type { Essentials } from './essentials.ts'
import { verifierOfWebhooks } from './genesys-webhooks.ts'
import { guestFileWorkerOf } from './guest-files.ts'
import { reconcilerOf } from './reconciliation.ts'
import { registryWorkerOf } from './registries.ts'

/** How long a delivery is retried before the upload is held [guide-api: Errors and retries]. */
const RETRY_WINDOW_MS = 24 * 60 * 60 * 1000
/** How long one webhook of the gateway may take [guide-api: Errors and retries]. */
const WEBHOOK_TIMEOUT_MS = 5000
const HOLD_RETRY_MS = 60_000
/**
 * How many lanes one process works on at the same time. Each lane sends one request with rows at a
 * time, and all lanes share the pace.
 */
const MAX_LANES = 16
/**
 * How many lanes one process holds, including lanes that only wait for jobs. A batch takes four
 * calls. If each job takes 34 s, this number of lanes makes 15 calls a second.
 */
const MAX_LANES_HELD = 128

const uploadDeliverer = ({ config, telemetry, store, genesys, callbackUrl }: Essentials) => {
  const deps = {
    contactLists: genesys.contactLists,
    contactFiles: genesys.contactFiles,
    clearContactList: genesys.provisioning.clearContactList,
    contactReads: genesys.contactReads,
    callbackUrl,
    delivery: store.delivery,
    uploads: store.uploads,
    suppressions: store.suppressions,
    lists: store.lists,
    contentHashes: createContentHashes(store.digestKey),
    clock: systemClock,
    random: Math.random,
    ids: createIds({ clock: systemClock }),
    emit: telemetry.emit,
    retryWindowMs: RETRY_WINDOW_MS,
    completionPollMs: config.genesys.completionPollMs,
    holdRetryMs: HOLD_RETRY_MS,
    budgetOf: createBisectBudgets(systemClock),
  }
  const deliverAlone = createDeliverUpload(deps)
  return createDeliverTogether({ ...deps, shipments: store.delivery, deliverAlone })
}

const sweeperOf = (
  { store, telemetry, clockWatch }: Essentials,
  jobs: Awaited<ReturnType<typeof createJobQueue>>,
  wake: () => void,
) =>
  createSweeper({
    lanes: store.lanes,
    uploads: store.uploads,
    submissions: store.dncSubmissions,
    dncLane: store.dncLane,
    guestFiles: store.guestFiles,
    sync: store.sync,
    receipts: store.receipts,
    reconciliations: store.reconciliations,
    jobs,
    lookAtClock: clockWatch.look,
    clock: systemClock,
    emit: telemetry.emit,
    wake,
  })

const holdKeeperOf = ({ store, genesys, telemetry }: Essentials, wake: () => void) =>
  createHoldKeeper({
    holds: store.holds,
    contactLists: genesys.contactLists,
    clock: systemClock,
    emit: telemetry.emit,
    againInMs: HOLD_RETRY_MS,
    wake,
  })

const campaignWorkerOf = ({ config, store, genesys, telemetry, owner, ...more }: Essentials) =>
  createCampaignWorker({
    segments: store.segments,
    apply: createApplySegment({
      segments: store.segments,
      campaigns: genesys.campaigns,
      clock: more.genesysTime,
      ids: createIds({ clock: systemClock }),
      emit: telemetry.emit,
      indexWaitMs: config.genesys.indexWaitMs,
      holdRetryMs: HOLD_RETRY_MS,
    }),
    atOnce: 1,
    clock: systemClock,
    emit: telemetry.emit,
    random: Math.random,
    owner,
    idlePollMs: 1_000,
  })

const dncWorkerOf = ({ config, store, genesys, telemetry, owner }: Essentials) =>
  createDncWorker({
    lane: store.dncLane,
    send: createSendEntries({
      lane: store.dncLane,
      lists: genesys.dncLists,
      clock: systemClock,
      ids: createIds({ clock: systemClock }),
      emit: telemetry.emit,
      random: Math.random,
      owner,
      slots: config.genesys.maxConcurrentDncWrites,
    }),
    atOnce: config.genesys.maxConcurrentDncWrites,
    clock: systemClock,
    emit: telemetry.emit,
    random: Math.random,
    owner,
    idlePollMs: 1_000,
  })

/** For how many contact lists this process retracts contacts at the same time. */
const LISTS_RETRACTED = 4

const retractionWorkerOf = ({ store, genesys, telemetry, owner }: Essentials) => {
  const { emit } = telemetry
  const { retractions, lookBack, digestKey } = store
  return createRetractionWorker({
    retractions,
    retract: createRetractContacts({
      ...{ retractions, digestKey, contacts: genesys.contactRetractions },
      ...{ clock: systemClock, ids: createIds({ clock: systemClock }), emit, random: Math.random },
    }),
    lookBack: createLookBack({ lookBack, emit }),
    ...{ clock: systemClock, emit, random: Math.random, owner },
    ...{ idlePollMs: 1_000, atOnce: LISTS_RETRACTED },
  })
}

const othersOf = (essentials: Essentials) => ({
  campaigns: campaignWorkerOf(essentials),
  dncLists: dncWorkerOf(essentials),
  retractions: retractionWorkerOf(essentials),
  guestFiles: guestFileWorkerOf(essentials),
  upkeep: upkeepWorkerOf(essentials),
  erasures: erasureWorkerOf(essentials),
})

/** The functions that wake the workers to which callers give work. */
const wakesOf = ({ campaigns, dncLists, erasures }: ReturnType<typeof othersOf>) => ({
  wakeCampaigns: () => campaigns.wake(),
  wakeDncLists: () => dncLists.wake(),
  wakeErasures: () => erasures.wake(),
})

type Loop = { start(): void; stop(): Promise<void> }

const together = (...loops: readonly Loop[]): Loop => ({
  start: () => {
    for (const loop of loops) loop.start()
  },
  stop: async () => {
    await Promise.all(loops.map((loop) => loop.stop()))
  },
})

/** Passes nudges from other instances on to the lanes of this process. */
const hearingOf = ({ store }: Essentials, lanes: LaneWorkers): Loop => {
  let listening: ReturnType<typeof store.hearNudges> | null = null
  return {
    start: () => {
      listening = store.hearNudges((laneKey, count) => lanes.nudgeHeld(laneKey, count))
    },
    stop: async () => listening?.stop(),
  }
}

/** The loops that run beside the lanes. */
const loopsOf = (
  essentials: Essentials,
  jobs: Awaited<ReturnType<typeof createJobQueue>>,
  lanes: LaneWorkers,
  registryWorker: Loop,
): Loop => {
  const { store, telemetry, clockWatch } = essentials
  const wake = (): void => lanes.wake()
  return together(
    clockWatch,
    sweeperOf(essentials, jobs, wake),
    holdKeeperOf(essentials, wake),
    hearingOf(essentials, lanes),
    ...pullWorkersOf(essentials),
    registryWorker,
    auditChainerOf(essentials),
    createFillRegisters({
      registers: store.registerFill,
      clock: systemClock,
      emit: telemetry.emit,
    }),
  )
}

/** The lanes of contact lists and the workers for all other objects start and stop together. */
const withOthers = (lanes: LaneWorkers, others: readonly ObjectWorker[]): LaneWorkers => ({
  ...lanes,
  start: () => {
    lanes.start()
    for (const other of others) other.start()
  },
  stop: async (graceMs) => {
    await Promise.all([lanes.stop(graceMs), ...others.map((other) => other.stop(graceMs))])
  },
})

/** The lanes, the background jobs and the sweeper. They work without a caller. */
export const createWork = async (essentials: Essentials) => {
  const { config, telemetry, store, owner } = essentials
  const { emit } = telemetry
  const ids = createIds({ clock: systemClock })
  const webhooks = createWebhookTransport({
    innerHosts: config.innerEndpointHosts,
    timeoutMs: WEBHOOK_TIMEOUT_MS,
  })
  const syncing = {
    ...{ sync: store.sync, transport: webhooks, clock: systemClock },
    ...{ random: Math.random, emit, ids, slow: createSlowEndpoints() },
  }
  const firstAttempts = createFirstAttempts({ ...syncing, attempt: createSyncAttempt(syncing) })
  const stopping = new AbortController()
  const jobs = await createJobQueue({
    sql: store.sql,
    handlers: {
      'sync-delivery': createSyncDeliverer({ ...syncing, fromMemory: firstAttempts }),
      'webhook-verify': verifierOfWebhooks(essentials, (key, count) => lanes.nudge(key, count)),
      reconcile: reconcilerOf(essentials, stopping.signal),
    },
    emit,
    clock: systemClock,
  })
  store.connectJobs(jobs, firstAttempts)
  const lanes = createLaneWorkers({
    lanes: store.lanes,
    delivery: store.delivery,
    deliver: uploadDeliverer(essentials),
    clock: systemClock,
    emit,
    random: Math.random,
    owner,
    ...{ maxLanes: MAX_LANES, maxHeld: MAX_LANES_HELD },
    idlePollMs: 300,
  })
  const registries = registryWorkerOf(essentials)
  const sweeper = loopsOf(essentials, jobs, lanes, registries)
  const others = othersOf(essentials)
  /**
   * Stops the jobs. This interrupts the checks in Genesys that are in progress. They continue on
   * another instance or after the next start.
   */
  const stopJobs = async (): Promise<void> => {
    stopping.abort()
    await Promise.all([jobs.stop(), firstAttempts.stop()])
  }
  return {
    jobs: { start: () => jobs.start(), followBack: jobs.followBack, stop: stopJobs },
    lanes: withOthers(lanes, Object.values(others)),
    ...others,
    wakes: { ...wakesOf(others), wakeRegistries: () => registries.wake() },
    sweeper,
    webhooks,
    ids,
  }
}
