import { byGateway, createAuditEntry } from '../../../domain/audit/audit.ts'
import { GenesysFailure } from '../../../domain/genesys/genesys-failure.ts'
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
import type { ShipmentPart } from './plan-shipment.ts'
import { refusedRows } from './refused-rows.ts'
import { settledWhole } from './settled-upload.ts'

export type DeliverTogetherDeps = DeliveryDeps & {
  shipments: ShipmentStore
  uploads: Pick<UploadStore, 'readFirstChunks'>
  /** The same as in `deliverAlone`. */
  budgetOf: NonNullable<DeliveryDeps['budgetOf']>
  /** Delivers an upload that cannot share a request, or whose shared request failed. */
  deliverAlone: DeliverUpload
}

type Lane = {
  claim: LaneClaim
  lease: Lease
  memory: LaneMemory
  limit: number
  withheld: Withheld
}

/**
 * Delivers the lane's oldest upload, together with those behind it that can share its request. If
 * Genesys does not take a request whole, it is halved between uploads until one is alone, and that
 * one is delivered by itself. So no upload is blamed for another's rows. If Genesys names only a
 * few rows, these are left out instead. What was in flight at a crash is sent again under another
 * id, which has no second effect.
 */
export const createDeliverTogether = (deps: DeliverTogetherDeps): DeliverUpload => {
  const lanes = new Map<string, LaneMemory>()
  const { batchRows } = deps.contactLists.limits
  const memoryOf = (key: string): LaneMemory => {
    const known = lanes.get(key) ?? { most: batchRows, trustedUntilMs: Number.NEGATIVE_INFINITY }
    lanes.set(key, known)
    return known
  }

  return async (claim, upload, lease) => {
    const memory = memoryOf(claim.key)
    const withheld: Withheld = new Map()
    for (let round = 1; !lease.rest.aborted; round += 1) {
      await deps.shipments.dissolve(claim)
      const limit = round > MOST_ROUNDS ? 1 : memory.most
      const made = limit > 1 ? await makeParts(deps, claim, limit, withheld) : null
      if (made === null) {
        if (limit <= 1) memory.most = 2
        return deps.deliverAlone(claim, upload, lease)
      }
      const ended = await sendTogether(deps, { claim, lease, memory, limit, withheld }, made)
      if (typeof ended === 'object') noteWithheld(withheld, ended.rows)
      if (ended === 'lane') return deps.deliverAlone(claim, upload, lease)
      if (ended === 'whole') memory.most = Math.min(batchRows, limit * 2)
      if (ended === 'whole' || ended === 'rest') return undefined
      if (ended === 'refused') {
        memory.most = Math.floor(Math.min(limit, made.parts.length) / 2)
        memory.trustedUntilMs = Number.NEGATIVE_INFINITY
      }
    }
    return undefined
  }
}

/** Halving a full request takes twelve rounds, and an upload may be paused in between. */
const MOST_ROUNDS = 20

/**
 * `lane`: Genesys refuses the list or us, not the rows. The oldest upload finds out why, alone.
 * `whole`: every row was taken and all is settled. `refused`: something was not taken, and nothing
 * is settled. `moved`: a caller paused or cancelled an upload, and this try was not sent.
 * `withheld`: these rows must not be sent, or Genesys refused them by name. The others are sent
 * again without them. `rest`: a later run finds out.
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
  const run = await beginRun(deps, claim, first, lease)
  // A later upload has replaced the contents of the list. Each of these uploads finds out by itself
  // which of its rows still belong there.
  if (run.clearing.clearedSeq > (first.contentSeq ?? 0)) return 'refused'
  run.list = made.list
  const composed = await composedOrNone(run, memory, made)
  if (composed === null) return 'refused'
  const sending: Sending = {
    going: composed,
    more: async () => {
      if (made.parts.length >= limit) return null
      const more = await makeParts(deps, claim, limit, withheld, made.parts)
      const grown = more !== null && more.parts.length > made.parts.length
      return grown ? composeUnlooked(run, memory, more, composed) : null
    },
  }
  const startedMs = deps.clock.monotonicMs()
  try {
    const taken = await takenWhole(run, deps.shipments, sending)
    const { shipment, parts } = sending.going
    if (taken === 'whole') await settle(run, deps.shipments, shipment.id, parts, startedMs)
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

/** null if something is wrong with the list. The run of one upload acts on that. */
const composedOrNone = async (...args: Parameters<typeof compose>): Promise<Going | null> => {
  try {
    return await compose(...args)
  } catch (error) {
    args[0].lease.signal.throwIfAborted()
    if (error instanceof DeliveryEnds || error instanceof GenesysFailure) return null
    throw error
  }
}

/**
 * What is sent. When the first try is recorded, this also takes what came while the request waited
 * for its slot.
 */
type Sending = { going: Going; more: () => Promise<Going | null> }

/**
 * Sends the request and waits for its job, if Genesys has one. The shipment is composed for the
 * last time and stored with the first try. So uploads that come while it waits for its slot go with
 * it, and a waiting shipment delays nobody. Whatever needs the run of a single upload is left to
 * that run. Throws `UploadMoved` and `RowsWithheld` if a try was not sent.
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
  let tried = false
  const recordTry = async (): Promise<void> => {
    if (tried) return delivery.recordTry(run.claim, sending.going.shipment.id)
    sending.going = (await sending.more()) ?? sending.going
    await shipments.ship(run.claim, sending.going.shipment)
    tried = true
  }
  const startedMs = run.deps.clock.monotonicMs()
  try {
    const receipt = await callGenesys(
      run,
      'delivery',
      (context) => contactLists.sendBatch(() => sending.going.request, context),
      { onConflict: () => checkList(run), recordTry },
    )
    if (receipt.kind === 'ingested') return 'whole'
    const { jobId } = receipt
    await delivery.noteJob(run.claim, sending.going.shipment.id, jobId)
    const job = await aside(run, () => awaitJob(run, jobId, startedMs))
    if (job?.state !== 'completed') return refused(run, sending.going.parts, [], 0)
    const whole = job.failed === 0 && job.errors.length === 0
    return whole ? 'whole' : refused(run, sending.going.parts, job.errors, job.failed)
  } catch (error) {
    run.lease.signal.throwIfAborted()
    return endedBy(run, sending.going, error)
  }
}

/** How a failure ends a shipment. Rethrows an error that is not a failure. */
const endedBy = (run: DeliveryRun, { parts }: Going, error: unknown): Ended => {
  if (error instanceof DeliveryEnds) return error.ending.kind === 'rest' ? 'rest' : 'refused'
  if (!(error instanceof GenesysFailure)) throw error
  if (error.kind === 'forbidden' || error.kind === 'not_found') return 'lane'
  return refused(run, parts, error.rowErrors, 0)
}

/** What replaces it costs the lane a request that it would not have sent otherwise. */
const refused = (run: DeliveryRun, ...about: Parameters<typeof refusedRows>): Ended => {
  run.budget.spend(1)
  const rows = refusedRows(...about)
  return rows === null ? 'refused' : { kind: 'withheld', rows }
}

const settle = async (
  run: DeliveryRun,
  shipments: ShipmentStore,
  shipmentId: string,
  parts: readonly ShipmentPart[],
  startedMs: number,
): Promise<void> => {
  const { deps, claim } = run
  const latencyMs = Math.round(deps.clock.monotonicMs() - startedMs)
  const uploads = parts.map((part) => settledWhole(deps.ids, part))
  const sum = { delivered: 0, unchanged: 0, failed: 0, unprocessed: 0 }
  for (const { counts } of uploads) {
    for (const name of Object.keys(sum) as (keyof typeof sum)[]) sum[name] += counts[name]
  }
  const audit = createAuditEntry(deps.ids, byGateway(parts[0]!.upload), {
    action: 'upload.batch.settled',
    object: shipmentId,
    details: {
      uploadIds: parts.map((part) => part.upload.id),
      // The store has it.
      jobId: null,
      ended: 'completed',
    },
    latencyMs,
    counts: sum,
  })
  const input = { shipmentId, ended: 'completed' as const, uploads, audit }
  const ended = await shipments.settleShipment(claim, input)
  const about = { uploadId: parts[0]!.upload.id, batchId: shipmentId, attempt: 1 }
  deps.emit('batch.settled', { ...about, ...sum, durationMs: latencyMs })
  for (const upload of ended) {
    const { delivered, unchanged, failed, unprocessed } = upload.counts
    deps.emit('upload.finished', {
      uploadId: upload.id,
      tenantId: upload.tenantId,
      contactListId: upload.contactListId,
      state: upload.state,
      problem: null,
      ...{ delivered, unchanged, failed, unprocessed },
      unsettled: 0,
      sinceAcceptedMs: Math.max(0, deps.clock.now().getTime() - Date.parse(upload.createdAt)),
    })
  }
}
