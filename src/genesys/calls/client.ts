import type { Clock } from '../../lib/clock.ts'
import type { Emit } from '../../telemetry/events.ts'
import type { NewLists } from '../../workflows/ports/contact-lists/new-lists.ts'
import type {
  EventSubscriptionPort,
  ProvisioningPort,
} from '../../workflows/ports/contact-lists/provisioning.ts'
import type { ContactFilePort } from '../../workflows/ports/delivery/contact-files.ts'
import type { DncListPort } from '../../workflows/ports/do-not-call/dnc-lists.ts'
import type { ContactRetractionPort } from '../../workflows/ports/do-not-call/retractions.ts'
import type { ContactErasurePort } from '../../workflows/ports/erasures/erasures.ts'
import type { ContactListPort, PaceStore } from '../../workflows/ports/genesys/genesys.ts'
import type { GuestFilePort } from '../../workflows/ports/guest-files/guest-files.ts'
import type { CampaignPort } from '../../workflows/ports/segments/campaigns.ts'
import type { ContactReadPort } from '../../workflows/ports/uploads/reconciliation.ts'
import { createGuideCampaigns } from '../guide/campaigns.ts'
import { createGuideContactFiles } from '../guide/contact-files.ts'
import { createGuideContactLists } from '../guide/contact-lists.ts'
import { createGuideDncLists } from '../guide/dnc-lists.ts'
import { createExternalContactFiles } from '../guide/external-contact-files.ts'
import { createGuideProvisioning, createGuideSubscriptions } from '../guide/provisioning.ts'
import { createPacer, type PaceStats } from '../pace/pacing.ts'
import { createPlatformCampaigns } from '../platform/campaigns.ts'
import { createPlatformErasures } from '../platform/contact-erasures.ts'
import { createPlatformContactFiles } from '../platform/contact-files.ts'
import { createPlatformContactLists } from '../platform/contact-lists.ts'
import { createPlatformContactReads } from '../platform/contact-reads.ts'
import { createPlatformRetractions } from '../platform/contact-retractions.ts'
import { createPlatformDncLists } from '../platform/dnc-lists.ts'
import { createMessageMedia } from '../platform/message-media.ts'
import { createPlatformProvisioning } from '../platform/provisioning.ts'
import { createCircuit } from './circuit.ts'
import { createPutPresigned, type PutPresigned } from './presigned.ts'
import { createRetryBudget } from './retry-budget.ts'
import { type Caller, type CallerDeps, createCaller } from './retry.ts'
import { createTokens } from './token.ts'
import { createTransport, type Transport } from './transport.ts'

export type GenesysClientDeps = {
  dialect: 'guide' | 'platform'
  apiUrl: string
  /** The host of `/oauth/token`: the API host in `guide`, the login host in `platform`. */
  loginUrl: string
  clientId: string
  clientSecret: string
  /** The pace that Genesys allows. The client stays 2.5 % below it. */
  requestsPerMinute: number
  /** The most rows of a batch. The dialect's limit applies if it is lower, or if this is null. */
  batchRows: number | null
  pace: PaceStore
  /**
   * Records the lists that were made a moment ago. All instances share this record, and it outlasts
   * restarts.
   */
  newLists: NewLists
  clock: Clock
  /** Receives Genesys' time from the `Date` header of an answer, in milliseconds since 1970. */
  heardTime?: (ms: number) => void
  random: () => number
  emit: Emit
  /** Receives each request that Genesys did not accept. */
  refused?: CallerDeps['refused']
  /**
   * Hosts of pre-signed URLs that are allowed in addition to the API's own (GENESYS_UPLOAD_HOSTS).
   * Default: `*.amazonaws.com`.
   */
  uploadHosts?: readonly string[]
  /** Hosts to which plain http is allowed, in addition to loopback (ALLOW_HTTP_HOSTS). */
  httpHosts?: readonly string[]
  /**
   * The most time for one HTTP exchange as a whole. Default: 30 s [guide-api: Errors and retries].
   * Calls with a file have their own limit (`fileTimeoutMs`).
   */
  requestTimeoutMs?: number
}

export type GenesysClient = {
  contactLists: ContactListPort
  contactFiles: ContactFilePort
  provisioning: ProvisioningPort
  campaigns: CampaignPort
  dncLists: DncListPort
  /** null in the platform dialect, which has no subscriptions. */
  subscriptions: EventSubscriptionPort | null
  /** null in the guide dialect, which cannot read contacts. */
  contactReads: ContactReadPort | null
  guestFiles: GuestFilePort
  /** null in the guide dialect, which cannot set a contact not callable. */
  contactRetractions: ContactRetractionPort | null
  /** null in the guide dialect, which cannot delete a contact. */
  contactErasures: ContactErasurePort | null
  /** Sends a file to a pre-signed URL. */
  putPresigned: PutPresigned
  /** The pace in force over all instances, and how much of it this process uses. */
  paceStats(): Promise<PaceStats>
  /**
   * Sends a request without a token, to learn only Genesys' time (`heardTime`). Throws
   * `GenesysFailure` if Genesys does not answer.
   */
  askTime(signal: AbortSignal): Promise<void>
  /** Aborts waiting calls, and closes the connections once their requests have ended. */
  close(): Promise<void>
}

const JITTER_MS = { guide: 100, platform: 0 } as const

type Ports = Pick<
  GenesysClient,
  | 'contactLists'
  | 'contactFiles'
  | 'provisioning'
  | 'subscriptions'
  | 'contactReads'
  | 'contactRetractions'
  | 'contactErasures'
  | 'campaigns'
  | 'dncLists'
  | 'guestFiles'
>
type PortDeps = { call: Caller; newLists: NewLists; put: PutPresigned; batchRows: number | null }

const PORTS: Record<GenesysClientDeps['dialect'], (deps: PortDeps) => Ports> = {
  guide: (deps) => ({
    contactLists: createGuideContactLists(deps),
    contactFiles: createGuideContactFiles(deps),
    provisioning: createGuideProvisioning(deps),
    subscriptions: createGuideSubscriptions(deps),
    campaigns: createGuideCampaigns(deps),
    dncLists: createGuideDncLists(deps),
    guestFiles: createExternalContactFiles(deps),
    contactReads: null,
    contactRetractions: null,
    contactErasures: null,
  }),
  platform: (deps) => ({
    contactLists: createPlatformContactLists(deps),
    contactFiles: createPlatformContactFiles(deps),
    provisioning: createPlatformProvisioning(deps),
    subscriptions: null,
    campaigns: createPlatformCampaigns(deps),
    dncLists: createPlatformDncLists(deps),
    guestFiles: createMessageMedia(deps),
    contactReads: createPlatformContactReads(deps),
    contactRetractions: createPlatformRetractions(deps),
    contactErasures: createPlatformErasures(deps),
  }),
}

const DEFAULT_UPLOAD_HOSTS = ['*.amazonaws.com']

/** The most bytes of the answer to `askTime`. Only the `Date` header of the answer matters. */
const MAX_TIME_BYTES = 1_048_576

const askTimeOf =
  (transport: Transport, loginUrl: string): GenesysClient['askTime'] =>
  async (signal) => {
    const about = { operation: 'time', headers: {}, body: null, maxAnswerBytes: MAX_TIME_BYTES }
    await transport.send({ ...about, method: 'GET', url: `${loginUrl}/`, signal })
  }

const withoutSlash = (url: string): string => url.replace(/\/+$/, '')

/**
 * Makes a client for Genesys in one dialect. It has one token, one pace bucket (for the API host
 * and the OAuth client) and one pool of connections.
 */
export const createGenesysClient = (deps: GenesysClientDeps): GenesysClient => {
  const { dialect, clock, random, emit } = deps
  const apiUrl = withoutSlash(deps.apiUrl)
  const loginUrl = withoutSlash(deps.loginUrl)
  const transport = createTransport({
    timeoutMs: deps.requestTimeoutMs ?? 30_000,
    clock,
    ...(deps.heardTime ? { heardTime: deps.heardTime } : {}),
  })
  const circuit = createCircuit({ emit })
  const pacer = createPacer({
    store: deps.pace,
    bucket: `${dialect}:${new URL(apiUrl).host}:${deps.clientId}`,
    requestsPerMinute: deps.requestsPerMinute,
    clock,
    emit,
    probing: circuit.isOpen,
  })
  const tokens = createTokens({
    transport,
    loginUrl,
    clientId: deps.clientId,
    clientSecret: deps.clientSecret,
    clock,
    random,
    emit,
  })
  const call = createCaller({
    transport,
    tokens,
    pacer,
    apiUrl,
    jitterMs: JITTER_MS[dialect],
    clock,
    random,
    emit,
    circuit,
    ...{ budget: createRetryBudget({ clock }), ...(deps.refused && { refused: deps.refused }) },
  })
  const put = createPutPresigned({
    transport,
    hosts: {
      patterns: deps.uploadHosts ?? DEFAULT_UPLOAD_HOSTS,
      apiHost: new URL(apiUrl).host,
      httpHosts: deps.httpHosts ?? [],
    },
    clock,
    emit,
  })
  return {
    ...PORTS[dialect]({ call, newLists: deps.newLists, put, batchRows: deps.batchRows }),
    putPresigned: put,
    paceStats: () => pacer.freshStats(),
    askTime: askTimeOf(transport, loginUrl),
    close: async () => {
      pacer.close()
      await transport.close()
    },
  }
}
