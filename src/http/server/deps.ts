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
import type { CancelGuestFile } from '../../workflows/guest-files/cancel-guest-file.ts'
import type { ReceiveGuestFile } from '../../workflows/guest-files/receive-guest-file.ts'
import type { ReadLimits } from '../../workflows/operations/read-limits.ts'
import type { AccessStore } from '../../workflows/ports/access/access.ts'
import type { DncListPort } from '../../workflows/ports/do-not-call/dnc-lists.ts'
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
import type { SeeUploads } from '../../workflows/uploads/watch/see-uploads.ts'
import type { WatchUploads } from '../../workflows/uploads/watch/watch-uploads.ts'
import type { EventStreamLimits } from './event-stream.ts'

export type Readiness = {
  ready: boolean
  /** The checks by name. `detail` tells an operator what is missing. */
  checks: Record<string, { ok: boolean; detail: string }>
  sandbox: boolean
}

export type HttpLimits = {
  maxUploadBytes: number
  /**
   * An upload that is slower than this over `slowBodyWindowMs` is refused. Default: 8 KiB/s over 15
   * s [controls: S-14].
   */
  slowBodyBytesPerSecond?: number
  slowBodyWindowMs?: number
  /**
   * After an early refusal, how much of the body is read, and for how long, before the connection
   * closes. Default: 1 MiB and 2 s.
   */
  drainBytes?: number
  drainMs?: number
  /** How long bodies that are still arriving may take when the gateway stops. Default: 3 s. */
  lastBodiesMs?: number
  /** How long a reader may take nothing of an answer. Default: 5 min. */
  stalledReaderMs?: number
  /** How long answers that are still being sent may take when the gateway stops. Default: 6 s. */
  lastAnswersMs?: number
  /** How many refused keys an address may send in a minute before it gets 429. Default: 30. */
  keyFailuresPerMinute?: number
  /** How many calls a key may make in a minute at this instance. Default: 6000. */
  keyRequestsPerMinute?: number
  /** The limits of event streams. Default: those of `createEventStreams`. */
  eventStreams?: Partial<EventStreamLimits>
}

/**
 * How many calls a key may make in a minute at this instance, with the default if no limit is set.
 */
export const keyRequestsPerMinute = (limits: HttpLimits): number =>
  limits.keyRequestsPerMinute ?? 6_000

/**
 * Everything that the HTTP layer needs. The HTTP layer creates no store, no connection to Genesys
 * and no clock.
 */
export type HttpDeps = {
  access: Pick<AccessStore, 'findKey' | 'noteUse' | 'isGranted'>
  /**
   * Counts each request. It is stopped when the server closes. If left out, no tenant has a quota.
   */
  countUse?: Pick<CountUse, 'request' | 'stop'>
  tenants: Tenants
  keys: Keys
  signingKeys: Pick<SigningKeys, 'list'>
  audit: ReadAudit
  issueCertificate: IssueCertificate
  readEvidence: ReadEvidence
  /**
   * For a small upload, reads in one round trip everything that decides about it. If left out,
   * these reads are made one after the other.
   */
  readDoorway?: SmallUploadStore['read']
  uploads: Pick<UploadStore, 'find' | 'list' | 'ledger' | 'ledgerRows' | 'staging'>
  receiveUpload: ReceiveUpload
  controlUpload: ControlUpload
  applyUpload: ApplyUpload
  retryUpload: RetryUpload
  seeUploads: SeeUploads
  watchUploads: WatchUploads
  explainContact: ExplainContact
  readContactList: ReadContactList
  listContactLists: ListContactLists
  provisionContactList: ProvisionContactList
  listSettings: ListSettings
  /** Receives Genesys' webhooks. `secrets`: the secrets with which Genesys may sign them. */
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
    'find' | 'list' | 'ledgerRows' | 'exportEntries' | 'knowsList' | 'knownLists'
  >
  /** Which entries Genesys accepts. Only the gateway stores and enforces the others. */
  dncTakes: Pick<DncListPort['takes'], 'phone' | 'email' | 'removals'>
  askPull: AskPull
  registries: Pick<RegistryStore, 'find' | 'list' | 'editions' | 'findEdition' | 'receiving'>
  putRegistry: PutRegistry
  removeEdition: RemoveEdition
  receiveEdition: ReceiveEdition
  receiveGuestFile: ReceiveGuestFile
  cancelGuestFile: CancelGuestFile
  guestFiles: Pick<GuestFileStore, 'find'>
  guestFileMaxBytes: number
  askErasure: AskErasure
  erasures: Pick<ErasureStore, 'find'>
  deliveredBefore: Pick<RetractionStore, 'page' | 'summary'>
  readLimits: ReadLimits
  /** Whether the disk has room for new work. If left out, the disk counts as having room. */
  hasRoom?: () => boolean
  /** What the configuration states about rows and entries. */
  rowRules: RowRules & Partial<DncRules>
  /**
   * Marks the rows in a CSV of a ledger, so that the gateway recognises each row when the corrected
   * CSV is sent back.
   */
  rowMarks: RowMarks
  readiness: () => Promise<Readiness>
  metrics: () => Promise<{ contentType: string; body: string }>
  limits: HttpLimits
  /** The token with which other machines may read `/metrics`. null: they need an admin key. */
  metricsToken: string | null
  /** Addresses or CIDR ranges of proxies whose X-Forwarded-For is trusted. false: none. */
  trustProxy: false | string | string[]
  /** The URL under which others reach the gateway. null: unknown. */
  publicUrl: string | null
  sandbox: boolean
  /**
   * Adds the pages of the console. If left out, there are none. `problemFor` turns an error into a
   * problem, and notes the problem for the log.
   */
  pages?: (
    app: FastifyInstance,
    problemFor: (error: unknown, request: FastifyRequest) => GatewayProblem,
  ) => Promise<void>
  emit: Emit
  clock: Clock
  ids: Ids
}
