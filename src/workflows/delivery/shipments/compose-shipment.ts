import type { Shipment } from '../../ports/delivery/shipments.ts'
import type { BatchToSend } from '../../ports/genesys/genesys.ts'
import { checkList } from '../list-state.ts'
import type { DeliveryRun } from '../run.ts'
import { maySkip } from '../skip-rule.ts'
import { FRESH_MS, type Parts } from './make-parts.ts'
import { anySkipped, judgeRows, type KnownContacts, type ShipmentPart } from './plan-shipment.ts'
import { requestOf, shipmentOf } from './request-of.ts'

/** What this process remembers about a lane. */
export type LaneMemory = {
  /**
   * How many uploads may share a request. Halved after a refusal. Doubled after each successful
   * shipment, up to the limit of rows in a request.
   */
  most: number
  /**
   * Until this time (monotonic clock), rows may be skipped if the register knows their content. At
   * the last reading of the list, Genesys held at least as many contacts as the register knew.
   */
  trustedUntilMs: number
  /**
   * The fence under which the last shipment was settled as a whole. Under this fence, no shipment
   * of the lane is open. null: a shipment may be open.
   */
  cleanFence: string | null
  /** Whether Genesys is known to have taken no row of the open shipment. */
  refused: boolean
}

/**
 * Whether rows may be skipped because the register knows their content. They may be skipped only if
 * Genesys holds at least as many contacts as the registers of the list's tenants know together. The
 * numbers are compared once for each reading of the list. The list is read again if the last
 * reading is too old. It is also read again if it held too few contacts, because it may have grown.
 */
const trusts = async (run: DeliveryRun, memory: LaneMemory, made: Parts): Promise<boolean> => {
  const { clock, delivery } = run.deps
  if (clock.monotonicMs() < memory.trustedUntilMs) return true
  const asked = { mode: 'append', duplicates: 'skip' } as const
  const trustFor = (ms: number): true => {
    memory.trustedUntilMs = clock.monotonicMs() + ms
    return true
  }
  const fresh = made.freshForMs > 0
  if (fresh && (await maySkip(delivery, made.list, asked))) {
    return trustFor(made.freshForMs)
  }
  const holds = await maySkip(delivery, await checkList(run), asked)
  return holds && trustFor(FRESH_MS)
}

/** The contact ids looked up so far, and what the register knows about them. */
type Asked = KnownContacts & { ids: ReadonlySet<string> }

const NOTHING: Asked = {
  ids: new Set(),
  register: new Map(),
  ofOthers: new Map(),
  byRetries: new Map(),
}

/** Asks for each retry that was not asked for before. */
const askRetries = async (
  { deps }: DeliveryRun,
  { parts }: Parts,
  before: Asked,
): Promise<Asked['byRetries']> => {
  const byRetries = new Map(before.byRetries)
  for (const { upload, chunk } of parts) {
    if (upload.parentId === null || byRetries.has(upload.id)) continue
    byRetries.set(upload.id, await deps.delivery.deliveredByRetries(upload, chunk.contactIds))
  }
  return byRetries
}

const ask = async (run: DeliveryRun, made: Parts, before: Asked): Promise<Asked> => {
  const { tenantId, contactListId } = run.upload
  const byRetries = await askRetries(run, made, before)
  const ids = new Set(made.parts.flatMap(({ chunk }) => chunk.contactIds))
  const fresh = [...ids.difference(before.ids)]
  if (fresh.length === 0) return { ...before, byRetries }
  const found = await run.deps.delivery.registered(tenantId, contactListId, fresh)
  return {
    ids: ids.union(before.ids),
    register: new Map([...before.register, ...found.known]),
    ofOthers: new Map([...before.ofOthers, ...found.ofOthers]),
    byRetries,
  }
}

/**
 * Decides which rows are sent. Returns false if the decision needs a reading of the list and
 * `mayLook` is false.
 */
const judge = async (
  run: DeliveryRun,
  memory: LaneMemory,
  made: Parts,
  asked: Asked,
  mayLook: boolean,
): Promise<boolean> => {
  const trusted = run.deps.clock.monotonicMs() < memory.trustedUntilMs
  // If no row would be skipped anyway, the list need not be read.
  const matters = anySkipped(made.parts, asked.register)
  if (matters && !trusted && !mayLook) return false
  const skips = matters && (await trusts(run, memory, made))
  judgeRows(made.parts, asked, ({ duplicates }) => skips && duplicates !== 'ignore')
  return true
}

/** A shipment as it is sent to Genesys and as the store keeps it. */
export type Going = {
  parts: readonly ShipmentPart[]
  request: BatchToSend
  shipment: Shipment
  asked: Asked
}

const goingOf = ({ deps }: DeliveryRun, made: Parts, asked: Asked): Going => {
  const { list, parts } = made
  const request = requestOf(list, parts, deps.ids.newUuid())
  const overwritten = new Set([...asked.register.keys(), ...asked.ofOthers.keys()])
  const shipment = shipmentOf(deps.ids, parts, request, overwritten)
  return { parts, request, shipment, asked }
}

/**
 * Decides which rows are sent, and builds the request. Reads the list if needed, and throws the
 * errors of that read.
 */
export const compose = async (
  run: DeliveryRun,
  memory: LaneMemory,
  made: Parts,
): Promise<Going> => {
  const asked = await ask(run, made, NOTHING)
  await judge(run, memory, made, asked, true)
  return goingOf(run, made, asked)
}

/**
 * Builds the request again with more uploads. The pace slot was granted already, so no other call
 * to Genesys may be made now. Returns null if another call is needed. Contacts looked up for
 * `before` are not looked up again.
 */
export const composeUnlooked = async (
  run: DeliveryRun,
  memory: LaneMemory,
  made: Parts,
  before: Going,
): Promise<Going | null> => {
  const asked = await ask(run, made, before.asked)
  return (await judge(run, memory, made, asked, false)) ? goingOf(run, made, asked) : null
}
