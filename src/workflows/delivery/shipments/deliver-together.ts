import { GenesysFailure } from '../../../domain/genesys/genesys-failure.ts'
import type { Upload } from '../../../domain/uploads/upload.ts'
import { UploadMoved, type LaneClaim } from '../../ports/delivery/delivery.ts'
import type { DeliverUpload, Lease } from '../../ports/delivery/lease.ts'
import type { ShipmentStore } from '../../ports/delivery/shipments.ts'
import { RowsWithheld } from '../../ports/delivery/tries.ts'
import { SuppressionUnknown } from '../../ports/do-not-call/suppressions.ts'
import type { UploadStore } from '../../ports/uploads/uploads.ts'
import { awaitJob } from '../await-job.ts'
import { callGenesys } from '../call-genesys.ts'
import { checkList } from '../list-state.ts'
import { aside, beginRun, DeliveryEnds, type DeliveryDeps, type DeliveryRun } from '../run.ts'
import { compose, composeUnlooked, type Going, type LaneMemory } from './compose-shipment.ts'
import {
  makeParts,
  noteWithheld,
  type Parts,
  type UploadRowWithheld,
  type Withheld,
} from './make-parts.ts'
import { refusedRows } from './refused-rows.ts'
import { settleShipment } from './settle-shipment.ts'

export type DeliverTogetherDeps = DeliveryDeps & {
  shipments: ShipmentStore
  uploads: Pick<UploadStore, 'readFirstChunks'>
  /** Must be the budget that `deliverAlone` uses, so that a lane has only one. */
  budgetOf: NonNullable<DeliveryDeps['budgetOf']>
  /** Delivers an upload that cannot share a request, or whose shared request failed. */
  deliverAlone: DeliverUpload
}

/** How long a read of the list is retried. A delivery of one upload waits longer and shows why. */
const READ_RETRY_MS = 5_000

type Lane = {
  claim: LaneClaim
  lease: Lease
  memory: LaneMemory
  limit: number
  withheld: Withheld
}

/**
 * Delivers the lane's oldest upload together with the uploads behind it that can share its request.
 * If Genesys refuses the request, the number of uploads is halved. When only one upload is left,
 * `deliverAlone` delivers it. So no upload fails because of the rows of another upload. If Genesys
 * names only a few rows, the request is repeated without them. Rows in flight at a crash are sent
 * again under another request id. That has no second effect, because Genesys updates contacts by
 * their id.
 */
export const createDeliverTogether = (deps: DeliverTogetherDeps): DeliverUpload => {
  const lanes = new Map<string, LaneMemory>()
  const { batchRows } = deps.contactLists.limits
  const memoryOf = (key: string): LaneMemory => {
    const known = lanes.get(key) ?? {
      most: batchRows,
      trustedUntilMs: Number.NEGATIVE_INFINITY,
      cleanFence: null,
      refused: false,
    }
    lanes.set(key, known)
    return known
  }

  return async (claim, upload, lease) => {
    const memory = memoryOf(claim.key)
    memory.refused = false
    const withheld: Withheld = new Map()
    for (let round = 1; !lease.rest.aborted; round += 1) {
      if (memory.cleanFence !== claim.fence) {
        await deps.shipments.dissolve(claim, memory.refused)
      }
      memory.cleanFence = null
      const limit = round > MOST_ROUNDS ? 1 : memory.most
      const lane = { claim, lease, memory, limit, withheld }
      const made = limit > 1 ? await madeReady(deps, lane, upload) : null
      if (made === null) {
        if (limit <= 1) memory.most = 2
        return deps.deliverAlone(claim, upload, lease)
      }
      const ended = await sendTogether(deps, lane, made)
      if (typeof ended === 'object') noteWithheld(withheld, ended.rows)
      if (ended === 'lane') {
        // The oldest upload must get a request of its own. The shared one cannot be sent again.
        await deps.shipments.dissolve(claim, memory.refused)
        return deps.deliverAlone(claim, upload, lease)
      }
      noteEnd(lane, ended, { sent: made.parts.length, batchRows })
      if (ended === 'whole' || ended === 'rest') return undefined
    }
    return undefined
  }
}

/** Notes in the lane's memory how a shipment of at most `limit` uploads ended. */
const noteEnd = (
  { memory, limit, claim }: Lane,
  ended: Ended,
  { sent, batchRows }: { sent: number; batchRows: number },
): void => {
  if (ended === 'whole') {
    memory.most = Math.min(batchRows, limit * 2)
    memory.cleanFence = claim.fence
  } else if (ended === 'refused') {
    memory.most = Math.floor(Math.min(limit, sent) / 2)
    memory.trustedUntilMs = Number.NEGATIVE_INFINITY
  }
}

/**
 * The uploads that share a request, and their list. Reads the list once if necessary. null: the
 * oldest upload is delivered alone. Also null if the list cannot be read now: the delivery of a
 * single upload handles that.
 */
const madeReady = async (
  deps: DeliverTogetherDeps,
  { claim, lease: { signal }, limit, withheld }: Lane,
  { tenantId, contactListId }: Upload,
): Promise<Parts | null> => {
  const made = await makeParts(deps, claim, limit, withheld)
  if (made !== 'unread') return made
  const context = { tenantId, class: 'read' as const, signal, retryForMs: READ_RETRY_MS }
  try {
    await deps.lists.put(await deps.contactLists.readContactList(contactListId, context))
  } catch (error) {
    signal.throwIfAborted()
    if (!(error instanceof GenesysFailure)) throw error
    return null
  }
  const again = await makeParts(deps, claim, limit, withheld)
  return again === 'unread' ? null : again
}

/**
 * After this many rounds, the oldest upload is delivered alone. Halving a full request takes 12
 * rounds. The other rounds are for uploads that are paused meanwhile and for withheld rows.
 */
const MOST_ROUNDS = 20

/**
 * How one try to send a shipment ended.
 * - `lane`: Genesys refuses the list or the gateway's rights, not the rows. The oldest upload is
 *   delivered alone to find out why.
 * - `whole`: Genesys took every row, and all uploads are settled.
 * - `refused`: the shipment was not delivered as a whole, or could not be sent. Nothing is settled.
 * - `moved`: a caller paused or cancelled an upload, and nothing was sent.
 * - `withheld`: these rows must not be sent or were refused by name. The other rows are sent again
 *   without them.
 * - `rest`: the run must stop, and a later run continues.
 */
type Ended =
  | 'lane'
  | 'whole'
  | 'refused'
  | 'moved'
  | 'rest'
  | { kind: 'withheld'; rows: UploadRowWithheld[] }

const sendTogether = async (
  deps: DeliverTogetherDeps,
  { claim, lease, memory, limit, withheld }: Lane,
  made: Parts,
): Promise<Ended> => {
  const first = made.parts[0]!.upload
  memory.refused = false
  const run = await beginRun(deps, claim, first, lease)
  // A later upload has replaced the contents of the list. So these uploads are delivered one by
  // one, and each checks which of its rows still belong in the list.
  if (run.clearing.value().clearedSeq > (first.contentSeq ?? 0)) return 'refused'
  run.reading.adopt(made.list)
  const composed = await composedOrNone(run, memory, made)
  if (composed === null) return 'refused'
  const sending: Sending = {
    going: composed,
    memory,
    more: async () => {
      if (made.parts.length >= limit) return null
      const more = await makeParts(deps, claim, limit, withheld, made.parts)
      if (more === null || more === 'unread') return null
      const grown = more.parts.length > made.parts.length
      return grown ? composeUnlooked(run, memory, more, composed) : null
    },
  }
  const startedMs = deps.clock.monotonicMs()
  try {
    const taken = await takenWhole(run, deps.shipments, sending)
    const { shipment, parts } = sending.going
    if (taken === 'whole') await settleShipment(run, deps.shipments, shipment.id, parts, startedMs)
    return taken
  } catch (error) {
    if (error instanceof UploadMoved) return 'moved'
    if (error instanceof SuppressionUnknown) return 'refused'
    if (!(error instanceof RowsWithheld)) throw error
    const { uploads } = sending.going.shipment
    const uploadOf = new Map(uploads.map(({ batchId, upload }) => [batchId, upload.id]))
    const rows = error.rows.map(({ batchId, ...row }) => {
      return { uploadId: uploadOf.get(batchId)!, ...row }
    })
    return { kind: 'withheld', rows }
  }
}

/** null: the list is not ready or cannot be read. The run of a single upload then handles that. */
const composedOrNone = async (...args: Parameters<typeof compose>): Promise<Going | null> => {
  try {
    return await compose(...args)
  } catch (error) {
    args[0].lease.signal.throwIfAborted()
    if (error instanceof DeliveryEnds || error instanceof GenesysFailure) return null
    throw error
  }
}

/** The shipment to send. `more`: builds it again with later uploads. null: it stays as it is. */
type Sending = { going: Going; memory: LaneMemory; more: () => Promise<Going | null> }

/**
 * Sends the request and waits for its job, if Genesys makes one. When the request gets its pace
 * slot, the shipment is built again if more uploads have arrived, and is then stored. So it
 * includes uploads that arrive while the request waits for the slot. `deliverAlone` handles a
 * problem of a single upload. Throws `UploadMoved` and `RowsWithheld` if a try was not sent.
 */
const takenWhole = async (
  run: DeliveryRun,
  shipments: ShipmentStore,
  sending: Sending,
): Promise<Ended> => {
  const { contactLists, delivery } = run.deps
  if (sending.going.request.contactIds.length === 0) {
    await shipments.ship(run.claim, sending.going.shipment)
    return 'whole'
  }
  let tries = 0
  let refusals = 0
  const record = async (): Promise<void> => {
    if (tries > 0) await delivery.recordTry(run.claim, sending.going.shipment.id)
    else {
      sending.going = (await sending.more()) ?? sending.going
      await shipments.ship(run.claim, sending.going.shipment)
    }
    tries += 1
  }
  const noteRefused = (): Promise<void> => {
    refusals += 1
    return delivery.noteRefusedTry(run.claim, sending.going.shipment.id)
  }
  const startedMs = run.deps.clock.monotonicMs()
  try {
    const receipt = await callGenesys(
      run,
      'delivery',
      (context) => contactLists.sendBatch(() => sending.going.request, context),
      { onConflict: () => checkList(run), tries: { record, noteRefused } },
    )
    if (receipt.kind === 'ingested') return 'whole'
    const { jobId } = receipt
    await delivery.noteJob(run.claim, sending.going.shipment.id, jobId)
    const job = await aside(run, () => awaitJob(run, jobId, startedMs))
    if (job?.state === 'failed') refusals += 1
    if (job?.state !== 'completed') return refused(run, sending.going.parts, [], 0)
    const whole = job.failed === 0 && job.errors.length === 0
    return whole ? 'whole' : refused(run, sending.going.parts, job.errors, job.failed)
  } catch (error) {
    run.lease.signal.throwIfAborted()
    return endedBy(run, sending.going, error)
  } finally {
    sending.memory.refused = tries === refusals
  }
}

/** How a failure ends a shipment. Rethrows an error that is not a failure. */
const endedBy = (run: DeliveryRun, { parts }: Going, error: unknown): Ended => {
  if (error instanceof DeliveryEnds) return error.ending.kind === 'rest' ? 'rest' : 'refused'
  if (!(error instanceof GenesysFailure)) throw error
  if (error.kind === 'forbidden' || error.kind === 'not_found') return 'lane'
  return refused(run, parts, error.rowErrors, 0)
}

/**
 * A refusal counts as one request of the lane's budget, because it causes the requests that replace
 * the refused request.
 */
const refused = (run: DeliveryRun, ...about: Parameters<typeof refusedRows>): Ended => {
  run.budget.spend(1)
  const rows = refusedRows(...about)
  return rows === null ? 'refused' : { kind: 'withheld', rows }
}
