import type { Clock } from '../../lib/clock.ts'
import type { FaultEngine } from '../faults/fault-plan.ts'
import type { Operation } from '../faults/operations.ts'
import type { RateReferee, SandboxDialect } from '../faults/rate-referee.ts'
import type { ActivityBook } from '../state/activity-book.ts'
import type { BulkJobs } from '../state/bulk-jobs.ts'
import type { Campaigns, StoredFilter } from '../state/campaigns/campaigns.ts'
import type { DncLists } from '../state/do-not-call/dnc-lists.ts'
import type { DueEffects } from '../state/due-effects.ts'
import type { EventLog } from '../state/event-log.ts'
import type { GuestFiles } from '../state/guest-files/guest-files.ts'
import type { MessageMedia } from '../state/guest-files/message-media.ts'
import type { Imports } from '../state/imports.ts'
import type { IngestJobs } from '../state/ingest-jobs.ts'
import type { LedgerBook } from '../state/ledger.ts'
import type { ListExports } from '../state/list-exports.ts'
import type { ListStore } from '../state/list-store.ts'
import type { AttemptLimits, Division, NamedEntities } from '../state/named-entities.ts'
import type { PresignedPlaces } from '../state/presigned-places.ts'
import type { FormPart } from './multipart-form.ts'
import type { PushDesk } from './push-desk.ts'
import type { Answer } from './refusal.ts'
import type { RequestLog } from './request-log.ts'
import type { TokenDesk } from './token-desk.ts'

/** Everything that the simulated organisation consists of. */
export type SandboxState = {
  clock: Clock
  lists: ListStore
  tokens: TokenDesk
  referee: RateReferee
  faults: FaultEngine
  book: LedgerBook
  activity: ActivityBook
  jobs: IngestJobs
  pushes: PushDesk
  places: PresignedPlaces
  effects: DueEffects
  imports: Imports
  events: EventLog
  bulkJobs: BulkJobs
  exports: ListExports
  divisions: NamedEntities<Division>
  attemptLimits: NamedEntities<AttemptLimits>
  campaigns: Campaigns
  filters: NamedEntities<StoredFilter>
  dncLists: DncLists
  guestFiles: GuestFiles
  messageMedia: MessageMedia
  requests: RequestLog
  /**
   * How long a new or changed guide list is not indexed. The published value is 300 ms [guide-001].
   */
  provisioningLagMs: number
}

export type Call = {
  operation: Operation
  dialect: SandboxDialect
  params: Record<string, string>
  /** The first value of each parameter. */
  query: Record<string, string>
  /**
   * All values of a parameter, which may be repeated or contain several values separated by commas.
   */
  valuesOf(name: string): string[]
  /** The headers, with lower-case names. */
  headers: Record<string, unknown>
  /** The host under which the caller reached the sandbox. */
  host: string
  body: unknown
  /** The parts of a multipart body in their order. null: the body is not multipart. */
  form: readonly FormPart[] | null
  listId: string | null
  requestId: string | null
}

export type Endpoint = {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  path: string
  operation: Operation
  /** `shared`: serves both dialects. The exchange decides which dialect's limit counts the call. */
  dialect: SandboxDialect | 'shared'
  /** The call needs no token and counts towards no limit, like a PUT to a pre-signed URL. */
  ungated?: boolean
  /**
   * The call changes contacts of the list in `:listId`. The sandbox watches such calls for
   * overlaps.
   */
  writesContacts?: boolean
  /**
   * Executes the call. Synchronous on purpose, so that its effect is complete before the next
   * request is handled. Throws `Refusal`.
   */
  handle(call: Call): Answer
}

/** An endpoint of the platform dialect. */
export const platformEndpoint = (
  method: Endpoint['method'],
  path: string,
  operation: Operation,
  handle: Endpoint['handle'],
): Endpoint => ({ method, path, operation, dialect: 'platform', handle })

/**
 * The published limit is in MB. The sandbox counts 10^6 bytes for a MB, the smaller of its two
 * meanings.
 */
export const BODY_LIMIT_BYTES = 10_000_000

/**
 * The most bytes of an imported file that the sandbox holds in memory. Genesys documents no limit.
 */
export const STORAGE_LIMIT_BYTES = 256 * 1024 * 1024

/** The contact ids in a body of either dialect. "": a contact without an id. */
export const contactIdsIn = (body: unknown): string[] =>
  Array.isArray(body)
    ? body.map((contact: { contactId?: unknown; id?: unknown } | null) => {
        const id = contact?.contactId ?? contact?.id
        return typeof id === 'string' ? id : ''
      })
    : []
