import type { FastifyInstance, FastifyRequest } from 'fastify'

import type { DncRules } from '../../domain/do-not-call/dnc-entry.ts'
import type { GatewayProblem } from '../../domain/problems/problem.ts'
import type { RowRules } from '../../intake/rows/contact-steps.ts'
import type { RowMarks } from '../../intake/rows/row-mark.ts'
import type { Clock } from '../../lib/clock.ts'
import type { Ids } from '../../lib/ids.ts'
import type { Emit } from '../../telemetry/events.ts'
import type { CountUse } from '../../workflows/access/count-use.ts'
import type { Keys } from '../../workflows/access/keys.ts'
import type { Tenants } from '../../workflows/access/tenants.ts'
import type { ReadAudit } from '../../workflows/audit/read-audit.ts'
import type { ListSettings } from '../../workflows/contact-lists/list-settings.ts'
import type { ProvisionContactList } from '../../workflows/contact-lists/provision-contact-list.ts'
import type {
  ControlUpload,
  ListContactLists,
  ReadContactList,
  ReceiveUpload,
} from '../../workflows/contract.ts'
import type { AskPull } from '../../workflows/do-not-call/pulls/ask-pull.ts'
import type { MoveSubmission, SearchEntries } from '../../workflows/do-not-call/read-entries.ts'
import type { ReceiveEntries } from '../../workflows/do-not-call/receive-entries.ts'
import type { ReceiveEdition } from '../../workflows/do-not-call/registries/receive-edition.ts'
import type {
  PutRegistry,
  RemoveEdition,
} from '../../workflows/do-not-call/registries/registry-uses.ts'
import type { WebhookEndpoints } from '../../workflows/endpoints/webhook-endpoints.ts'
import type { AskErasure } from '../../workflows/erasures/ask-erasure.ts'
import type { ReceiveWebhook } from '../../workflows/genesys-events/receive-webhook.ts'
import type { ReceiveGuestFile } from '../../workflows/guest-files/receive-guest-file.ts'
import type { ReadLimits } from '../../workflows/operations/read-limits.ts'
import type { AccessStore } from '../../workflows/ports/access/access.ts'
import type { RegistryStore } from '../../workflows/ports/do-not-call/registries/registries.ts'
import type { RetractionStore } from '../../workflows/ports/do-not-call/retractions.ts'
import type { DncSubmissionStore } from '../../workflows/ports/do-not-call/submissions.ts'
import type { ErasureStore } from '../../workflows/ports/erasures/erasures.ts'
import type { GuestFileStore } from '../../workflows/ports/guest-files/guest-files.ts'
import type { SigningKeys } from '../../workflows/ports/signing/signing-keys.ts'
import type { SmallUploadStore } from '../../workflows/ports/uploads/small-uploads.ts'
import type { UploadStore } from '../../workflows/ports/uploads/uploads.ts'
import type { IssueCertificate } from '../../workflows/proof/issue-certificate.ts'
import type { ReadEvidence } from '../../workflows/proof/read-evidence.ts'
import type {
  PreviewSegment,
  PutSegment,
  RollBackSegment,
} from '../../workflows/segments/put-segment.ts'
import type { ReadSegments, ResumeSegment } from '../../workflows/segments/read-segments.ts'
import type { ApplyUpload } from '../../workflows/uploads/control/apply-upload.ts'
import type { RetryUpload } from '../../workflows/uploads/control/retry-upload.ts'
import type { ExplainContact } from '../../workflows/uploads/watch/explain-contact.ts'
import type { WatchUploads } from '../../workflows/uploads/watch/watch-uploads.ts'
import type { EventStreamLimits } from './event-stream.ts'

export type Readiness = {
  ready: boolean
  /** By name. `detail` says what is missing, in words for an operator. */
  checks: Record<string, { ok: boolean; detail: string }>
  sandbox: boolean
}

export type HttpLimits = {
  maxUploadBytes: number
  /**
   * An upload slower than this over `slowBodyWindowMs` is ended; 8 KiB/s and 15 s when left out
   * [controls: S-14].
   */
  slowBodyBytesPerSecond?: number
  slowBodyWindowMs?: number
  /**
   * An early refusal reads at most this much of the rest before it closes; 1 MiB and 2 s when left
   * out.
   */
  drainBytes?: number
  drainMs?: number
  /** While stopping, bodies have this long to come in; 3 s when left out. */
  lastBodiesMs?: number
  /** Refused keys a minute and address before 429; 30 when left out. */
  keyFailuresPerMinute?: number
  /** Calls a minute that a key may make at this instance; 6000 when left out. */
  keyRequestsPerMinute?: number
  /** Of the streams of events; its own values where left out. */
  eventStreams?: Partial<EventStreamLimits>
}

export const keyRequestsPerMinute = (limits: HttpLimits): number =>
  limits.keyRequestsPerMinute ?? 6_000

/** Everything that the HTTP border needs. It has no store, no Genesys and no clock of its own. */
export type HttpDeps = {
  access: Pick<AccessStore, 'findKey' | 'noteUse' | 'isGranted'>
  /**
   * Called for each request, and stopped when the server closes. Left out: no tenant has a quota.
   */
  countUse?: Pick<CountUse, 'request' | 'stop'>
  tenants: Tenants
  keys: Keys
  signingKeys: Pick<SigningKeys, 'list'>
  audit: ReadAudit
  issueCertificate: IssueCertificate
  readEvidence: ReadEvidence
  /** Left out: what a small upload is judged by is read one after the other. */
  readDoorway?: SmallUploadStore['read']
  uploads: Pick<UploadStore, 'find' | 'list' | 'ledger' | 'ledgerRows' | 'staging'>
  receiveUpload: ReceiveUpload
  controlUpload: ControlUpload
  applyUpload: ApplyUpload
  retryUpload: RetryUpload
  watchUploads: WatchUploads
  explainContact: ExplainContact
  readContactList: ReadContactList
  listContactLists: ListContactLists
  provisionContactList: ProvisionContactList
  listSettings: ListSettings
  /** What Genesys calls with; `secrets` are those that its signatures may be made with. */
  genesysWebhooks: { receive: ReceiveWebhook; secrets: readonly string[] }
  webhookEndpoints: WebhookEndpoints
  putSegment: PutSegment
  rollBackSegment: RollBackSegment
  previewSegment: PreviewSegment
  readSegments: ReadSegments
  resumeSegment: ResumeSegment
  receiveEntries: ReceiveEntries
  releaseSubmission: MoveSubmission
  resumeSubmission: MoveSubmission
  searchEntries: SearchEntries
  dncSubmissions: Pick<
    DncSubmissionStore,
    'find' | 'list' | 'ledgerRows' | 'exportEntries' | 'knowsList'
  >
  askPull: AskPull
  registries: Pick<RegistryStore, 'find' | 'list' | 'editions' | 'findEdition' | 'receiving'>
  putRegistry: PutRegistry
  removeEdition: RemoveEdition
  receiveEdition: ReceiveEdition
  receiveGuestFile: ReceiveGuestFile
  guestFiles: Pick<GuestFileStore, 'find'>
  guestFileMaxBytes: number
  askErasure: AskErasure
  erasures: Pick<ErasureStore, 'find'>
  deliveredBefore: Pick<RetractionStore, 'page' | 'summary'>
  readLimits: ReadLimits
  /** Whether there is room for new work; left out: always. */
  hasRoom?: () => boolean
  /** What the configuration says of rows and entries. */
  rowRules: RowRules & Partial<DncRules>
  /** Ties rows of a file to fix to their uploads and ids. */
  rowMarks: RowMarks
  readiness: () => Promise<Readiness>
  metrics: () => Promise<{ contentType: string; body: string }>
  limits: HttpLimits
  /** Opens `/metrics` from elsewhere than loopback. null: only an admin key does. */
  metricsToken: string | null
  /** Addresses or CIDR ranges of proxies whose X-Forwarded-For is believed; false: nobody's. */
  trustProxy: false | string | string[]
  /** Where others reach the gateway. null: unknown. */
  publicUrl: string | null
  sandbox: boolean
  /**
   * Adds the pages for people; left out: there are none. `problemFor` says what an error is, and
   * notes it.
   */
  pages?: (
    app: FastifyInstance,
    problemFor: (error: unknown, request: FastifyRequest) => GatewayProblem,
  ) => Promise<void>
  emit: Emit
  clock: Clock
  ids: Ids
}
