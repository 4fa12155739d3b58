import type { FastifyRequest } from 'fastify'

import type { GatewayProblem } from '../../domain/problems/problem.ts'
import type { BuildEntrySteps } from '../../intake/entries/entry-steps.ts'
import type { Clock } from '../../lib/clock.ts'
import type { Ids } from '../../lib/ids.ts'
import type { ConsoleSessions } from '../../workflows/access/console-sessions.ts'
import type { ControlUpload } from '../../workflows/contract.ts'
import type { AskPull } from '../../workflows/do-not-call/pulls/ask-pull.ts'
import type { MoveSubmission, SearchEntries } from '../../workflows/do-not-call/read-entries.ts'
import type { ReceiveEntries } from '../../workflows/do-not-call/receive-entries.ts'
import type { WebhookEndpoints } from '../../workflows/endpoints/webhook-endpoints.ts'
import type { ReadOverview } from '../../workflows/operations/read-overview.ts'
import type { AccessStore } from '../../workflows/ports/access/access.ts'
import type { DncSubmissionStore } from '../../workflows/ports/do-not-call/submissions.ts'
import type { UploadStore } from '../../workflows/ports/uploads/uploads.ts'
import type { ApplyUpload } from '../../workflows/uploads/control/apply-upload.ts'
import type { ControlUploads } from '../../workflows/uploads/control/control-uploads.ts'
import type { RetryUpload } from '../../workflows/uploads/control/retry-upload.ts'
import type { ExplainContact } from '../../workflows/uploads/watch/explain-contact.ts'
import type { SignInLink } from './sign-in-link.ts'

/** Slows down who tries keys, by address. */
export type KeyFailures = {
  blockedForSeconds(address: string, digest: Buffer): number | null
  failed(address: string): void
  succeeded(digest: Buffer): void
}

/** What the pages call: the same uses as the HTTP border. `compose/console.ts` hands over all of them, so a new one is a line here. */
export type ConsoleDeps = {
  sessions: ConsoleSessions
  keyFailures: KeyFailures
  signInLink: SignInLink
  access: Pick<AccessStore, 'isGranted'>
  readOverview: ReadOverview
  uploads: Pick<UploadStore, 'find' | 'list' | 'ledger' | 'staging'>
  controlUpload: ControlUpload
  controlUploads: ControlUploads
  applyUpload: ApplyUpload
  retryUpload: RetryUpload
  webhookEndpoints: WebhookEndpoints
  /** Builds what judges do-not-call entries. */
  judgeEntries: BuildEntrySteps
  receiveEntries: ReceiveEntries
  releaseSubmission: MoveSubmission
  resumeSubmission: MoveSubmission
  searchEntries: SearchEntries
  askPull: AskPull
  dncSubmissions: Pick<DncSubmissionStore, 'find' | 'list' | 'ledgerRows' | 'knowsList'>
  explainContact: ExplainContact
  /** Whether there is room for new work. */
  hasRoom: () => boolean
  /** What an error is, noted for the line of the request. */
  problemFor: (error: unknown, request: FastifyRequest) => GatewayProblem
  /** Where others reach the gateway. */
  publicUrl: string | null
  /** Genesys is the sandbox. */
  simulated: boolean
  dialect: 'guide' | 'platform'
  clock: Clock
  ids: Ids
}
