import type { FastifyInstance, FastifyRequest } from 'fastify'

import type { GatewayProblem } from '../../domain/problems/problem.ts'
import type { FileFormat } from '../../domain/uploads/upload.ts'
import type { BuildEntrySteps } from '../../intake/entries/entry-steps.ts'
import type { BuildContactSteps } from '../../intake/rows/contact-steps.ts'
import type { RowMarks } from '../../intake/rows/row-mark.ts'
import type { Clock } from '../../lib/clock.ts'
import type { Ids } from '../../lib/ids.ts'
import type { ConsoleSessions } from '../../workflows/access/console-sessions.ts'
import type { Keys } from '../../workflows/access/keys.ts'
import type { Tenants } from '../../workflows/access/tenants.ts'
import type { ReadAudit } from '../../workflows/audit/read-audit.ts'
import type { ControlUpload, ListContactLists, ReceiveUpload } from '../../workflows/contract.ts'
import type { AskPull } from '../../workflows/do-not-call/pulls/ask-pull.ts'
import type { MoveSubmission, SearchEntries } from '../../workflows/do-not-call/read-entries.ts'
import type { ReceiveEntries } from '../../workflows/do-not-call/receive-entries.ts'
import type { ReceiveEdition } from '../../workflows/do-not-call/registries/receive-edition.ts'
import type {
  PutRegistry,
  RemoveEdition,
} from '../../workflows/do-not-call/registries/registry-uses.ts'
import type { WebhookEndpoints } from '../../workflows/endpoints/webhook-endpoints.ts'
import type { CancelGuestFile } from '../../workflows/guest-files/cancel-guest-file.ts'
import type { ReadLimits } from '../../workflows/operations/read-limits.ts'
import type { ReadOverview } from '../../workflows/operations/read-overview.ts'
import type { AccessStore } from '../../workflows/ports/access/access.ts'
import type { RegistryStore } from '../../workflows/ports/do-not-call/registries/registries.ts'
import type { RetractionStore } from '../../workflows/ports/do-not-call/retractions.ts'
import type { DncSubmissionStore } from '../../workflows/ports/do-not-call/submissions.ts'
import type { GuestFileStore } from '../../workflows/ports/guest-files/guest-files.ts'
import type { UploadStore } from '../../workflows/ports/uploads/uploads.ts'
import type { FindContactSubjects } from '../../workflows/proof/contact-subjects.ts'
import type { IssueCertificate } from '../../workflows/proof/issue-certificate.ts'
import type { ReadEvidence } from '../../workflows/proof/read-evidence.ts'
import type {
  PreviewSegment,
  PutSegment,
  RollBackSegment,
} from '../../workflows/segments/put-segment.ts'
import type { ReadSegments, ResumeSegment } from '../../workflows/segments/read-segments.ts'
import type { ApplyUpload } from '../../workflows/uploads/control/apply-upload.ts'
import type { ControlUploads } from '../../workflows/uploads/control/control-uploads.ts'
import type { FixRows } from '../../workflows/uploads/control/fix-rows.ts'
import type { RetryUpload } from '../../workflows/uploads/control/retry-upload.ts'
import type { DescribeFile } from '../../workflows/uploads/receive/describe-file.ts'
import type { ExplainContact } from '../../workflows/uploads/watch/explain-contact.ts'
import type { FindContactUploads } from '../../workflows/uploads/watch/find-contact-uploads.ts'
import type { RevealCells } from '../../workflows/uploads/watch/reveal-cells.ts'
import type { SearchRows } from '../../workflows/uploads/watch/search-rows.ts'
import type { SeeUploads } from '../../workflows/uploads/watch/see-uploads.ts'
import type { SignInLink } from './sign-in-link.ts'

/**
 * Counts wrong keys by IP address. After too many wrong keys, an address must wait before it can
 * try another key.
 */
export type KeyFailures = {
  blockedForSeconds(address: string, digest: Buffer): number | null
  failed(address: string): void
  succeeded(digest: Buffer): void
}

/** A form with a file. The file is the last part, and is read while it arrives. */
export type FileForm = {
  /** The fields by name. A name that occurs more than once has an array of all its values. */
  fields: Record<string, string | string[]>
  /** null: no file was chosen. */
  fileName: string | null
  /** Throws `media-type-unsupported` if the gateway cannot read this kind of file. */
  format: () => FileFormat
  /**
   * The bytes of the file. Throws `GatewayProblem` if the body is interrupted, too slow or too
   * large.
   */
  body: AsyncIterable<Uint8Array>
}

/**
 * The use cases that the pages call. The API calls the same use cases. `compose/console.ts`
 * provides them.
 */
export type ConsoleDeps = {
  sessions: ConsoleSessions
  keyFailures: KeyFailures
  signInLink: SignInLink
  access: Pick<AccessStore, 'isGranted'>
  readOverview: ReadOverview
  uploads: Pick<UploadStore, 'find' | 'list' | 'ledger' | 'ledgerRows' | 'staging'>
  seeUploads: SeeUploads
  /**
   * Marks for the rows in a file of rejected rows. A mark proves from which upload and line its row
   * is. If the row had a valid contact id, the mark also proves this id.
   */
  rowMarks: RowMarks
  searchRows: SearchRows
  revealCells: RevealCells
  fixRows: FixRows
  audit: Pick<ReadAudit, 'list' | 'newest' | 'verify'>
  listContactLists: ListContactLists
  receiveUpload: ReceiveUpload
  describeFile: DescribeFile
  controlUpload: ControlUpload
  controlUploads: ControlUploads
  applyUpload: ApplyUpload
  retryUpload: RetryUpload
  webhookEndpoints: WebhookEndpoints
  /** Builds the checks for contacts. */
  judgeContacts: BuildContactSteps
  keys: Keys
  tenants: Tenants
  registries: Pick<RegistryStore, 'find' | 'list' | 'editions' | 'findEdition'>
  putRegistry: PutRegistry
  receiveEdition: ReceiveEdition
  removeEdition: RemoveEdition
  /**
   * The age limit of an edition, in days, if its registry sets no limit. The limit depends on the
   * country of the contacts that are checked.
   */
  registryAgeDays: (country: string) => number
  guestFiles: Pick<GuestFileStore, 'find' | 'list'>
  cancelGuestFile: CancelGuestFile
  readSegments: ReadSegments
  previewSegment: PreviewSegment
  putSegment: PutSegment
  rollBackSegment: RollBackSegment
  resumeSegment: ResumeSegment
  readLimits: ReadLimits
  /** How many calls one key may make in a minute, at one instance. */
  keyCallsPerMinute: number
  /** Builds the checks for do-not-call entries. */
  judgeEntries: BuildEntrySteps
  receiveEntries: ReceiveEntries
  releaseSubmission: MoveSubmission
  resumeSubmission: MoveSubmission
  searchEntries: SearchEntries
  askPull: AskPull
  dncSubmissions: Pick<
    DncSubmissionStore,
    'find' | 'list' | 'ledgerRows' | 'knowsList' | 'knownLists'
  >
  /** Contacts that Genesys already held when entries or editions named them. */
  deliveredBefore: Pick<RetractionStore, 'page' | 'summary'>
  explainContact: ExplainContact
  findContactUploads: FindContactUploads
  findContactSubjects: FindContactSubjects
  readEvidence: ReadEvidence
  issueCertificate: IssueCertificate
  /** Prepares a Fastify scope for forms with files. */
  takeFiles: (scope: FastifyInstance) => Promise<void>
  /** Reads a form with a file up to the beginning of the file. */
  readFileForm: (request: FastifyRequest) => Promise<FileForm>
  /** Whether the disk has room for new work. */
  hasRoom: () => boolean
  /** The problem for an error. Also notes the problem for the log line of the request. */
  problemFor: (error: unknown, request: FastifyRequest) => GatewayProblem
  /** The URL at which other systems reach the gateway. */
  publicUrl: string | null
  /** Whether the sandbox simulates Genesys. */
  simulated: boolean
  dialect: 'guide' | 'platform'
  clock: Clock
  ids: Ids
}
