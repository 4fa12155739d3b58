import type { AuditSaid } from '../../domain/audit/audit-details.ts'
import {
  type AuditAbout,
  type AuditEntry,
  byGateway,
  createAuditEntry,
} from '../../domain/audit/audit.ts'
import type {
  HolderWait,
  HoldReason,
  LaneState,
  Upload,
  UploadProblem,
} from '../../domain/uploads/upload.ts'
import { LANE_STATES } from '../../domain/uploads/upload.ts'
import type { Clock } from '../../lib/clock.ts'
import type { Ids } from '../../lib/ids.ts'
import type { Emit } from '../../telemetry/events.ts'
import type { ListCache } from '../ports/contact-lists/list-cache.ts'
import type { ProvisioningPort } from '../ports/contact-lists/provisioning.ts'
import type { ContactFilePort } from '../ports/delivery/contact-files.ts'
import type { Clearing, DeliveryStore, LaneClaim } from '../ports/delivery/delivery.ts'
import type { Lease } from '../ports/delivery/lease.ts'
import type { TryStore } from '../ports/delivery/tries.ts'
import type { SuppressionPort } from '../ports/do-not-call/suppressions.ts'
import type { ContactListPort } from '../ports/genesys/genesys.ts'
import type { ContactReadPort } from '../ports/uploads/reconciliation.ts'
import type { UploadStore } from '../ports/uploads/uploads.ts'
import { type BisectBudget, createBisectBudgets } from './bisect-budget.ts'
import type { ContentHashes } from './content-hashes.ts'
import {
  createListReading,
  createNewestUpload,
  createNoted,
  createPartNumbers,
  createRefusedRows,
  type ListReading,
  type Noted,
  type PartNumbers,
  type RefusedRows,
} from './run-states.ts'

export type DeliveryDeps = {
  contactLists: ContactListPort
  contactFiles: ContactFilePort
  /** null if the dialect does not show contacts. */
  contactReads: ContactReadPort | null
  /** null if the dialect wipes a list with the first request of an overwrite. */
  clearContactList: ProvisioningPort['clearContactList']
  /**
   * Builds the URL that Genesys calls back for a part, with its token. null: there is no webhook
   * secret, or no address that Genesys can call. For the embedded sandbox, the address on which the
   * gateway listens suffices.
   */
  callbackUrl: ((partId: string, listId: string) => string) | null
  /**
   * How long the gateway waits for a first sign of its import in the status or in the list. After
   * the import, it waits as long for the list to stop growing. Default: 5 minutes.
   */
  importUnmovedMs?: number
  delivery: DeliveryStore & TryStore
  uploads: Pick<UploadStore, 'readChunk'>
  suppressions: Pick<SuppressionPort, 'suppressedIn' | 'fillSubjects' | 'lookAgain'>
  lists: ListCache
  contentHashes: ContentHashes
  clock: Clock
  /** For jitter, in [0, 1). */
  random: () => number
  ids: Ids
  emit: Emit
  /**
   * How long Genesys may be unreachable before the upload is held. The gateway sets 24 h
   * [guide-api: Errors and retries].
   */
  retryWindowMs: number
  /**
   * The shortest wait between two polls of a job, apart from nudges. Each further wait is 1.5 times
   * as long as the previous one, up to ten times this value.
   */
  completionPollMs: number
  /** How long until a hold that ends by itself is checked again. */
  holdRetryMs: number
  /** How many batches may be sent but not settled yet. Default: 12. */
  concurrency?: number
  /**
   * The budget of a lane for finding out which rows Genesys refuses. All deliveries of a process
   * share it.
   */
  budgetOf?: (laneKey: string) => BisectBudget
}

/**
 * One worker's work on one upload. The object itself is frozen. What changes during the run is kept
 * in small states, each with its own rules.
 */
export type DeliveryRun = Readonly<{
  deps: DeliveryDeps
  claim: LaneClaim
  lease: Lease
  /** The newest copy that the store has returned. */
  upload: Upload
  newest: Noted<Upload>
  reading: ListReading
  /**
   * Whether rows whose content Genesys already holds may be left out. False until it is decided,
   * after the list was read.
   */
  skipping: Noted<boolean>
  /**
   * How far the upload has got with overwriting the list, and what other uploads did to the list.
   * Noted after the store has recorded a step.
   */
  clearing: Noted<Clearing>
  refused: RefusedRows
  partNumbers: PartNumbers
  /**
   * How many requests all uploads of the lane together may still spend to find out what Genesys
   * refuses.
   */
  budget: BisectBudget
  /** The upload is to be cancelled. This run only finds out the outcome of what was sent. */
  draining: boolean
  /** The reason for waiting that was last stored for the lane. null: none. */
  wait: Noted<HolderWait | null>
  /**
   * How long the last job took, from sending to its end, so that the next job is not polled too
   * early. null: not known, for example before the first job.
   */
  jobSpanMs: Noted<number | null>
}>

/** A run before any of its work is done. */
export const beginRun = async (
  deps: DeliveryDeps,
  claim: LaneClaim,
  upload: Upload,
  lease: Lease,
): Promise<DeliveryRun> => {
  const newest = createNewestUpload(upload)
  return Object.freeze({
    deps,
    claim,
    lease,
    get upload() {
      return newest.value()
    },
    newest,
    reading: createListReading(deps.clock),
    skipping: createNoted(false),
    clearing: createNoted(await deps.delivery.clearing(upload)),
    refused: createRefusedRows(),
    partNumbers: createPartNumbers(),
    budget: (deps.budgetOf ?? createBisectBudgets(deps.clock))(claim.key),
    draining: upload.cancelRequested,
    wait: createNoted<HolderWait | null>(null),
    jobSpanMs: createNoted<number | null>(null),
  })
}

/** Why a run ends before every row is settled. */
export type Ending =
  | {
      kind: 'hold'
      reason: HoldReason
      retryInMs: number | null
      failure: string | null
      /** The problem that the caller reads with the hold. */
      problem?: UploadProblem
      countries?: readonly string[]
    }
  | { kind: 'fail'; problem: UploadProblem }
  | { kind: 'rest' }

/**
 * Thrown anywhere in a run to end the run. `createDeliverUpload` acts on `ending`.
 * `createDeliverTogether` also catches this error, and then delivers fewer uploads together or
 * stops (`rest`).
 */
export class DeliveryEnds extends Error {
  override readonly name = 'DeliveryEnds'
  readonly ending: Ending
  constructor(ending: Ending) {
    super(`delivery ends: ${ending.kind}`)
    this.ending = ending
  }
}

/**
 * An audit entry of the gateway in the tenant of the upload. Default: the object is the upload.
 * Stores nothing: pass the entry to a method of a store.
 */
export const auditOf = (run: DeliveryRun, about: AuditSaid & AuditAbout): AuditEntry =>
  createAuditEntry(run.deps.ids, byGateway(run.upload), { object: run.upload.id, ...about })

const inLane = (upload: Upload): boolean =>
  (LANE_STATES as readonly string[]).includes(upload.state)

/**
 * Ends the run if a caller paused or cancelled the upload, or if the worker has to stop. Throws the
 * lease's abort reason if the lease has ended.
 */
export const checkGoingOn = (run: DeliveryRun): void => {
  run.lease.signal.throwIfAborted()
  const cancelled = run.upload.cancelRequested && !run.draining
  if (run.lease.rest.aborted || cancelled || !inLane(run.upload))
    throw new DeliveryEnds({ kind: 'rest' })
}

/**
 * Asks the store whether the run may continue, and throws as `checkGoingOn` does. Use it in long
 * waits, in which no other statement brings a newer copy of the upload.
 */
export const askGoingOn = async (run: DeliveryRun): Promise<void> => {
  const next = await run.deps.delivery.next(run.claim)
  if (next?.id !== run.upload.id) throw new DeliveryEnds({ kind: 'rest' })
  run.newest.note(next)
  checkGoingOn(run)
}

/**
 * Stores what the lane waits for (null: nothing), so that callers see it. Storing the same reason
 * again extends the time for which it is shown.
 */
export const noteWait = async (run: DeliveryRun, reason: HolderWait | null): Promise<void> => {
  if (reason === null && run.wait.value() === null) return
  run.wait.note(reason)
  await run.deps.delivery.noteWait(run.claim, reason)
}

/**
 * Waits for `ms`, or until `sooner` aborts. Ends the run immediately if the worker has to stop. Use
 * `createLongWait` for waits that may be long.
 */
export const pause = async (run: DeliveryRun, ms: number, sooner?: AbortSignal): Promise<void> => {
  const { rest } = run.lease
  try {
    await run.deps.clock.sleep(ms, sooner === undefined ? rest : AbortSignal.any([rest, sooner]))
  } catch (error) {
    checkGoingOn(run)
    if (!sooner?.aborted) throw error
  }
}

/**
 * Does nothing if the upload already has the state. Throws `FenceLost`, and `UploadMoved` if the
 * upload was paused, held or ended, or is to be cancelled.
 */
export const moveTo = async (run: DeliveryRun, state: LaneState): Promise<void> => {
  if (run.upload.state === state) return
  run.newest.note(await run.deps.delivery.move(run.claim, run.upload.id, state))
}

/**
 * Runs a wait for Genesys during which the run sends nothing. Meanwhile, the worker may work on
 * another lane.
 */
export const aside = <T>(run: DeliveryRun, wait: () => Promise<T>): Promise<T> =>
  run.lease.aside === undefined ? wait() : run.lease.aside(wait)
