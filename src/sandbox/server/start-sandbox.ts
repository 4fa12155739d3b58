import type { Clock } from '../../lib/clock.ts'
import { seededRandom } from '../../lib/seeded-random.ts'
import { createFaultEngine, type FaultKind, type FaultPlan } from '../faults/fault-plan.ts'
import { createRateReferee } from '../faults/rate-referee.ts'
import { createActivityBook } from '../state/activity-book.ts'
import { createBulkJobs } from '../state/bulk-jobs.ts'
import { createCampaigns, type SandboxCampaign } from '../state/campaigns/campaigns.ts'
import { DEMO_CAMPAIGNS, DEMO_DNC_LISTS, DEMO_LISTS } from '../state/demo-lists.ts'
import { createDncLists, type SandboxDncList } from '../state/do-not-call/dnc-lists.ts'
import { createDueEffects } from '../state/due-effects.ts'
import { createEventLog } from '../state/event-log.ts'
import { createGuestFiles, type GuestFileReport } from '../state/guest-files/guest-files.ts'
import { createMessageMedia, type MessageMediaReport } from '../state/guest-files/message-media.ts'
import { createImports } from '../state/imports.ts'
import { createIngestJobs } from '../state/ingest-jobs.ts'
import { createLedgerBook, type Ledger } from '../state/ledger.ts'
import { createListExports } from '../state/list-exports.ts'
import { createListStore, fieldOf, fieldsOf, type SandboxList } from '../state/list-store.ts'
import { createNamedEntities, HOME_DIVISION } from '../state/named-entities.ts'
import { createPresignedPlaces } from '../state/presigned-places.ts'
import {
  registerCampaignControl,
  reportOfCampaign,
  type CampaignReport,
} from './campaign-report.ts'
import { registerControlRoutes } from './control-routes.ts'
import {
  type AgentChange,
  changeAsAgent,
  type DncReport,
  registerDncControl,
  reportOfDncList,
} from './dnc-control.ts'
import type { SandboxState } from './endpoint.ts'
import { registerGuestFileControl } from './guest-file-control.ts'
import { createPushDesk } from './push-desk.ts'
import { createRequestLog, type LoggedRequest } from './request-log.ts'
import { createSandboxApp } from './sandbox-app.ts'
import { createTokenDesk } from './token-desk.ts'

export type SandboxOptions = {
  host: string
  /** 0: any free port, which the `url` of the result contains. */
  port: number
  clientId: string
  clientSecret: string
  clock: Clock
  /**
   * Returns a number in [0, 1). Rules with `probability` use it. Default: the same sequence at
   * every start.
   */
  random?: () => number
  /** How many calls a minute each OAuth client may make. Default: 1000 (guide), 300 (platform). */
  limits?: { guideRequestsPerMinute?: number; platformRequestsPerMinute?: number }
  /** How long a guide job reports `processing`. Default: 200. */
  jobDelayMs?: number
  /**
   * The least time from the end of the PUT of a platform file to the first sign of its import.
   * Default: 100.
   */
  importLagMs?: number
  /** How long an import runs. Default: 200. */
  importDurationMs?: number
  /** How long a platform bulk job or export runs. Default: 200. */
  taskDurationMs?: number
  /** How long a new or changed guide list is not indexed. Default: 300 [guide-001]. */
  provisioningLagMs?: number
  /**
   * The origin to which callbacks and events are sent. It replaces the origin of the requested URL,
   * because the gateway may have another host name in the sandbox's network.
   */
  callbackOrigin?: string | undefined
  /** How long a token is valid. Default: 3600. */
  tokenLifetimeSeconds?: number
  /**
   * Lists in addition to the demo lists. A list with the id of a demo list replaces that demo list.
   */
  lists?: SandboxList[]
}

export type SandboxHandle = {
  url: string
  /** Closes every open connection, including those that a fault holds. */
  close(): Promise<void>
  ledger(filter?: { listId?: string; contacts?: boolean }): Ledger
  /** The latest calls as they arrived, oldest first. */
  requests(): LoggedRequest[]
  /** Resolves when no callback or event is waiting to be sent or answered. */
  calledBack(): Promise<void>
  /** Replaces the fault plan. Throws if the new plan is not valid. */
  setFaults(plan: FaultPlan): void
  /** Makes an empty list. If a list with the same id exists, the new one replaces it. */
  makeList(list: SandboxList): SandboxList
  /**
   * Makes a campaign without rules. If a campaign with the same id exists, the new one replaces it.
   */
  makeCampaign(campaign: SandboxCampaign): void
  /** Whom a campaign would dial, and how many writes to the campaign were applied. */
  campaign(id: string): CampaignReport
  /** Makes an empty DNC list. If a DNC list with the same id exists, the new one replaces it. */
  makeDncList(list: SandboxDncList): void
  /** What a DNC list really holds. */
  dncList(id: string): DncReport
  /** Changes a DNC list as an agent inside Genesys does, without the API. */
  changeAsAgent(dncListId: string, change: AgentChange): void
  /** Makes an external contact, for whom files can then be sent. */
  makeExternalContact(id: string): void
  /** Every guest file that was registered, and what is stored for it. */
  guestFiles(): GuestFileReport[]
  /**
   * Makes a live conversation with this communication. If the conversation exists, adds the
   * communication.
   */
  makeConversation(id: string, communicationId: string): void
  /** Every media file, with the number of messages that contain the file. */
  messageMedia(): MessageMediaReport[]
  /** What a list really holds: fields by contact id. */
  contents(listId: string): Map<string, Record<string, string | null>>
  /**
   * Restores the state of the start: the contact lists and DNC lists of the start are empty, and
   * the demo campaigns have no rules. Removes everything that was added later, and the fault plan.
   * Tokens stay valid.
   */
  reset(): void
}

const createState = (options: SandboxOptions): SandboxState => {
  const { clock, callbackOrigin } = options
  const lists = createListStore({ clock })
  const referee = createRateReferee({
    clock,
    limits: {
      guide: options.limits?.guideRequestsPerMinute ?? 1000,
      platform: options.limits?.platformRequestsPerMinute ?? 300,
    },
  })
  const now = (): Date => clock.now()
  const activity = createActivityBook({ now })
  const effects = createDueEffects({ clock })
  const imports = createImports({
    clock,
    effects,
    lagMs: options.importLagMs ?? 100,
    durationMs: options.importDurationMs ?? 200,
  })
  const timed = { clock, effects, durationMs: options.taskDurationMs ?? 200 }
  const book = createLedgerBook({ lists, referee, activity, imports, now })
  const faults = createFaultEngine({
    clock,
    random: options.random ?? seededRandom(1),
    fired: (kind: FaultKind) => book.faultFired(kind),
  })
  return {
    clock,
    lists,
    referee,
    book,
    tokens: createTokenDesk({
      clock,
      clientId: options.clientId,
      clientSecret: options.clientSecret,
      lifetimeSeconds: options.tokenLifetimeSeconds ?? 3600,
    }),
    faults,
    activity,
    effects,
    imports,
    places: createPresignedPlaces({ clock }),
    events: createEventLog({ now }),
    bulkJobs: createBulkJobs(timed),
    exports: createListExports(timed),
    divisions: createNamedEntities('division', [HOME_DIVISION]),
    attemptLimits: createNamedEntities('attempt limits'),
    campaigns: createCampaigns({ clock }),
    filters: createNamedEntities('contact list filter'),
    dncLists: createDncLists({ clock }),
    guestFiles: createGuestFiles({ clock }),
    messageMedia: createMessageMedia({ clock }),
    requests: createRequestLog(),
    pushes: createPushDesk({ clock, faults, book: activity, callbackOrigin }),
    jobs: createIngestJobs({ clock, jobDelayMs: options.jobDelayMs ?? 200 }),
    provisioningLagMs: options.provisioningLagMs ?? 300,
  }
}

const makeList = (state: SandboxState, list: SandboxList): SandboxList => {
  state.lists.add({
    id: list.id,
    name: list.name,
    fields: list.columns.map(fieldOf),
    ...(list.status ? { status: list.status } : {}),
    lagMs: 0,
  })
  return list
}

const resetState = (state: SandboxState): void => {
  state.lists.removeAll()
  state.book.reset()
  state.referee.reset()
  state.jobs.reset()
  state.pushes.reset()
  state.activity.reset()
  state.effects.reset()
  state.imports.reset()
  state.places.reset()
  state.events.reset()
  state.bulkJobs.reset()
  state.exports.reset()
  state.divisions.reset()
  state.attemptLimits.reset()
  state.campaigns.reset()
  state.filters.reset()
  state.dncLists.reset()
  state.guestFiles.reset()
  state.messageMedia.reset()
  state.requests.reset()
  state.faults.set([])
}

const contentsOf = (
  state: SandboxState,
  listId: string,
): Map<string, Record<string, string | null>> => {
  state.effects.settleDue()
  const list = state.lists.get(listId)
  const { contacts } = list.contacts.page(0, Infinity)
  return new Map(contacts.map(({ contactId, cells }) => [contactId, fieldsOf(list, cells)]))
}

/** Starts a simulated Genesys that speaks both dialects over real HTTP on one port. */
export const startSandbox = async (options: SandboxOptions): Promise<SandboxHandle> => {
  const state = createState(options)
  const make = (list: SandboxList): SandboxList => makeList(state, list)
  const makeStartLists = (): void => {
    for (const list of [...DEMO_LISTS, ...(options.lists ?? [])]) make(list)
    for (const campaign of DEMO_CAMPAIGNS) state.campaigns.add(campaign)
    for (const list of DEMO_DNC_LISTS) state.dncLists.add(list)
  }
  const reset = (): void => {
    resetState(state)
    makeStartLists()
  }
  makeStartLists()

  const app = await createSandboxApp(state)
  registerControlRoutes(app, state, { makeList: make, reset })
  registerCampaignControl(app, state)
  registerDncControl(app, state)
  registerGuestFileControl(app, state)
  const url = await app.listen({ host: options.host, port: options.port })

  return {
    url,
    close: async () => {
      await state.pushes.close()
      app.server.closeAllConnections()
      await app.close()
    },
    ledger: (filter) => {
      state.effects.settleDue()
      return state.book.report(filter)
    },
    requests: () => state.requests.recent(),
    calledBack: () => state.pushes.settled(),
    setFaults: (plan) => state.faults.set(plan),
    makeList: make,
    makeCampaign: (campaign) => {
      state.campaigns.add(campaign)
    },
    campaign: (id) => reportOfCampaign(state, id),
    makeDncList: (list) => {
      state.dncLists.add(list)
    },
    dncList: (id) => reportOfDncList(state, id),
    changeAsAgent: (id, change) => changeAsAgent(state, id, change),
    makeExternalContact: (id) => {
      state.guestFiles.contacts.add(id)
    },
    guestFiles: () => state.guestFiles.report(),
    makeConversation: (id, communicationId) =>
      state.messageMedia.addConversation(id, communicationId),
    messageMedia: () => state.messageMedia.report(),
    contents: (listId) => contentsOf(state, listId),
    reset,
  }
}
