import { randomBytes } from 'node:crypto'

import type { SignInLink } from '../console/frame/sign-in-link.ts'
import { renderTenant } from '../http/routes/access/tenant-view.ts'
import { renderNewContactList } from '../http/routes/contact-lists/contact-list-view.ts'
import { renderSubmission } from '../http/routes/do-not-call/dnc-view.ts'
import { renderSegment } from '../http/routes/segments/segment-view.ts'
import { renderUpload } from '../http/routes/uploads/upload-view.ts'
import { createHttpServer } from '../http/server/server.ts'
import { createRowMarks } from '../intake/rows/row-mark.ts'
import { runIntake } from '../intake/run-intake.ts'
import { systemClock } from '../lib/clock.ts'
import { createIds, type Ids } from '../lib/ids.ts'
import { createSuppressedAmong } from '../store/segments/suppressed-among.ts'
import { createEndpointUrlCheck } from '../sync/endpoint-url.ts'
import { createCountUse, type CountUse } from '../workflows/access/count-use.ts'
import { createKeys } from '../workflows/access/keys.ts'
import { createTenants } from '../workflows/access/tenants.ts'
import { createExtendList } from '../workflows/contact-lists/extend-list.ts'
import { createListSettings } from '../workflows/contact-lists/list-settings.ts'
import { createProvisionContactList } from '../workflows/contact-lists/provision-contact-list.ts'
import {
  createListContactLists,
  createReadContactList,
} from '../workflows/contact-lists/read-contact-lists.ts'
import {
  createReleaseSubmission,
  createResumeSubmission,
  createSearchEntries,
} from '../workflows/do-not-call/read-entries.ts'
import { createReceiveEntries } from '../workflows/do-not-call/receive-entries.ts'
import { timedLookUps } from '../workflows/do-not-call/timed-look-ups.ts'
import { createUnknownLists } from '../workflows/do-not-call/unknown-lists.ts'
import { createWebhookEndpoints } from '../workflows/endpoints/webhook-endpoints.ts'
import { createReadLimits } from '../workflows/operations/read-limits.ts'
import { createIsReady, createReadiness } from '../workflows/operations/readiness.ts'
import {
  createPreviewSegment,
  createPutSegment,
  createRollBackSegment,
} from '../workflows/segments/put-segment.ts'
import { createReadSegments, createResumeSegment } from '../workflows/segments/read-segments.ts'
import { createApplyUpload } from '../workflows/uploads/control/apply-upload.ts'
import { createControlUpload } from '../workflows/uploads/control/control-upload.ts'
import { createRetryUpload } from '../workflows/uploads/control/retry-upload.ts'
import { createReceiveUpload } from '../workflows/uploads/receive/receive-upload.ts'
import { createExplainContact } from '../workflows/uploads/watch/explain-contact.ts'
import { createSeeUploads } from '../workflows/uploads/watch/see-uploads.ts'
import type { WatchUploads } from '../workflows/uploads/watch/watch-uploads.ts'
import { consoleOf } from './console.ts'
import { askPullOf } from './dnc-pulls.ts'
import { erasureUsesOf } from './erasures.ts'
import type { Essentials } from './essentials.ts'
import { webhooksFromGenesys } from './genesys-webhooks.ts'
import { scannerDetailOf, type guestFilesIn } from './guest-files.ts'
import { intakeOf, MAX_RECORD_BYTES, rowRulesOf } from './intake.ts'
import { proofUsesOf } from './proof.ts'
import { registriesOf } from './registries.ts'

const endpointsOf = ({ config, store }: Essentials, ids: Ids) =>
  createWebhookEndpoints({
    endpoints: store.endpoints,
    urlFault: createEndpointUrlCheck({ innerHosts: config.innerEndpointHosts }),
    ids,
    random: randomBytes,
  })

const accessOf = ({ store, owner }: ServerNeeds, ids: Ids) => ({
  tenants: createTenants({
    tenants: store.tenants,
    idempotency: store.idempotency,
    renderTenant,
    clock: systemClock,
    ...{ ids, owner },
  }),
  keys: createKeys({ keys: store.keys, tenants: store.tenants, ids, random: randomBytes }),
})

const provisioningOf = ({ store, genesys, telemetry, owner, stopSignal }: ServerNeeds, ids: Ids) =>
  createProvisionContactList({
    provisioning: genesys.provisioning,
    contactLists: genesys.contactLists,
    made: store.provisioning,
    idempotency: store.idempotency,
    access: store.access,
    lists: store.lists,
    renderList: renderNewContactList,
    clock: systemClock,
    ids,
    emit: telemetry.emit,
    owner,
    signal: stopSignal,
  })

const limitsOf = ({ config, genesys, store }: Essentials) =>
  createReadLimits({
    dialect: config.genesys.dialect,
    limits: genesys.contactLists.limits,
    upload: {
      maxBytes: config.intake.maxUploadBytes,
      maxRows: config.intake.maxUploadRows,
      maxRecordBytes: MAX_RECORD_BYTES,
    },
    fileThresholdRows: config.genesys.fileThresholdRows,
    ...{ pace: genesys.paceStats, tenants: store.tenants },
  })

const segmentsOf = (deps: ServerNeeds, ids: Ids) => {
  const { config, store, genesys, telemetry, owner } = deps
  const wake = deps.wakeCampaigns
  const writing = {
    segments: store.segments,
    campaigns: genesys.campaigns,
    contactLists: genesys.contactLists,
    lists: store.lists,
    access: store.access,
    contacts: store.deliveredContacts,
    suppressedAmong: createSuppressedAmong(store),
    idempotency: store.idempotency,
    audit: store.audit,
    house: config.segments.exclusions,
    confirmSharePercent: config.segments.confirmSharePercent,
    renderSegment,
    clock: systemClock,
    emit: telemetry.emit,
    ...{ ids, owner, wake, signal: deps.stopSignal },
  }
  const reading = { segments: store.segments, access: store.access, ids, wake }
  return {
    putSegment: createPutSegment(writing),
    rollBackSegment: createRollBackSegment(writing),
    previewSegment: createPreviewSegment(writing),
    readSegments: createReadSegments(reading),
    resumeSegment: createResumeSegment(reading),
  }
}

const entriesOf = (deps: ServerNeeds, ids: Ids) => {
  const { store, telemetry, owner } = deps
  const reading = { submissions: store.dncSubmissions, digestKey: store.digestKey, ids }
  return {
    askPull: askPullOf(deps, ids),
    releaseSubmission: createReleaseSubmission(reading),
    resumeSubmission: createResumeSubmission(reading),
    searchEntries: createSearchEntries(reading),
    dncSubmissions: store.dncSubmissions,
    dncTakes: deps.genesys.dncLists.takes,
    deliveredBefore: store.retractions,
    receiveEntries: createReceiveEntries({
      submissions: store.dncSubmissions,
      tenants: store.tenants,
      idempotency: store.idempotency,
      intake: intakeOf(deps),
      renderSubmission,
      unknownLists: createUnknownLists(deps.genesys.contactLists, store.lists, deps.stopSignal),
      wake: deps.wakeDncLists,
      clock: systemClock,
      emit: telemetry.emit,
      ...{ ids, owner, signal: deps.stopSignal },
    }),
  }
}

type ServerNeeds = Essentials & {
  publicUrl: string
  signInLink: SignInLink
  simulated: boolean
  wake: (laneKey?: string) => void
  wakeCampaigns: () => void
  wakeDncLists: () => void
  wakeErasures: () => void
  wakeRegistries: () => void
  guestFileUses: ReturnType<typeof guestFilesIn>['uses']
  stopping: () => boolean
  /** Aborts when the gateway stops. Callers can then repeat waiting calls at another instance. */
  stopSignal: AbortSignal
  webhooks: () => string
  watchUploads: WatchUploads
}

const readinessOf = (deps: ServerNeeds) => {
  const { config, store, telemetry, clockWatch, simulated, webhooks, stopping } = deps
  return createReadiness({
    home: store.home,
    dialect: config.genesys.dialect,
    simulated,
    lastGenesysAttempt: () => telemetry.lastGenesysAttempt(),
    webhooks,
    clock: clockWatch.detail,
    scanner: scannerDetailOf(deps),
    stopping,
  })
}

/** The use cases that receive uploads, control them and retry their rows. */
const uploadUsesOf = (deps: ServerNeeds & { countUse: CountUse }, ids: Ids) => {
  const { config, store, genesys, telemetry, owner, wake } = deps
  const { emit } = telemetry
  const lists = { contactLists: genesys.contactLists, lists: store.lists }
  const suppressions = timedLookUps({
    suppressions: store.suppressions,
    ...{ clock: systemClock, emit },
  })
  const staging = {
    ...lists,
    settings: store.listSettings,
    uploads: store.uploads,
    smallUploads: store.smallUploads,
    ...{ suppressions, countUse: deps.countUse },
    idempotency: store.idempotency,
    renderUpload,
    fileThresholdRows: config.genesys.fileThresholdRows,
    callbacks: deps.callbackUrl !== null,
    clock: systemClock,
    emit,
    ids,
    owner,
    wake,
  }
  return {
    receiveUpload: createReceiveUpload({
      ...staging,
      extendList: createExtendList({
        ...lists,
        provisioning: genesys.provisioning,
        audit: store.audit,
        clock: systemClock,
        ids,
        emit,
        signal: deps.stopSignal,
      }),
      runIntake,
      intake: intakeOf(deps),
      register: store.delivery,
      contentHashes: deps.contentHashes,
    }),
    retryUpload: createRetryUpload({
      ...staging,
      delivery: store.delivery,
      digestKey: store.digestKey,
    }),
    applyUpload: createApplyUpload({
      ...lists,
      ...{ uploads: store.uploads, suppressions, ids, wake },
    }),
    controlUpload: createControlUpload({ uploads: store.uploads, ids, emit, wake }),
  }
}

/** The HTTP layer with all use cases that it calls. */
export const createGatewayServer = async (deps: ServerNeeds) => {
  const { config, store, genesys, telemetry } = deps
  const { emit } = telemetry
  const ids = createIds({ clock: systemClock })
  const readiness = readinessOf(deps)
  const countUse = createCountUse({ use: store.use, clock: systemClock, emit })
  const lists = { contactLists: genesys.contactLists, lists: store.lists, clock: systemClock, emit }
  const uses = {
    ...{ access: store.access, countUse },
    ...accessOf(deps, ids),
    ...proofUsesOf(store),
    readDoorway: store.smallUploads.read,
    uploads: store.uploads,
    seeUploads: createSeeUploads(store),
    rowMarks: createRowMarks(store.digestKey),
    ...uploadUsesOf({ ...deps, countUse }, ids),
    ...segmentsOf(deps, ids),
    ...entriesOf(deps, ids),
    ...{ ...registriesOf(deps, ids, deps.wakeRegistries), ...deps.guestFileUses },
    ...erasureUsesOf(deps, deps.wakeErasures),
    watchUploads: deps.watchUploads,
    explainContact: createExplainContact({ explain: store.explain, uploads: store.uploads }),
    readContactList: createReadContactList(lists),
    listContactLists: createListContactLists(lists),
    provisionContactList: provisioningOf(deps, ids),
    listSettings: createListSettings({ settings: store.listSettings, ...lists, ids }),
    genesysWebhooks: webhooksFromGenesys(deps),
    webhookEndpoints: endpointsOf(deps, ids),
    readiness,
    metrics: () =>
      telemetry.scrape({
        ready: createIsReady({ home: store.home, stopping: deps.stopping }),
        database: () => store.home.gauges(),
        pace: () => genesys.paceStats(),
      }),
    limits: {
      maxUploadBytes: config.intake.maxUploadBytes,
      keyRequestsPerMinute: config.keyRequestsPerMinute,
    },
    readLimits: limitsOf(deps),
    rowRules: rowRulesOf(config),
    hasRoom: () => store.home.hasRoom(),
    metricsToken: config.metricsToken,
    trustProxy: config.trustProxy.length > 0 ? config.trustProxy : (false as const),
    publicUrl: deps.publicUrl,
    sandbox: deps.simulated,
    ...{ emit, clock: systemClock, ids },
  }
  return createHttpServer({ ...uses, pages: consoleOf(deps, uses) })
}
