import type { Shipment } from '../../ports/delivery/shipments.ts'
import type { BatchToSend } from '../../ports/genesys/genesys.ts'
import { checkList } from '../list-state.ts'
import type { DeliveryRun } from '../run.ts'
import { maySkip } from '../skip-rule.ts'
import { FRESH_MS, type Parts } from './make-parts.ts'
import { judgeRows, type Known, type ShipmentPart } from './plan-shipment.ts'
import { requestOf, shipmentOf } from './request-of.ts'

/** What this process remembers about a lane. */
export type LaneMemory = {
  /**
   * How many uploads may share a request: fewer after a failure, more again after each successful
   * shipment.
   */
  most: number
  /**
   * Until this time (monotonic clock), Genesys is assumed to hold what the register knows, as it
   * did when the list was last read.
   */
  trustedUntilMs: number
}

/**
 * Whether Genesys holds what the register knows, so that known content may be skipped. Decided by
 * the size of the list and the number of contacts in the register. Both are counted once while the
 * reading of the list is fresh. If the list held too little when last read, it is read again,
 * because it may have grown.
 */
const trusts = async (run: DeliveryRun, memory: LaneMemory, made: Parts): Promise<boolean> => {
  const { clock, delivery } = run.deps
  const { tenantId } = run.upload
  if (clock.monotonicMs() < memory.trustedUntilMs) return true
  const asked = { mode: 'append', duplicates: 'skip' } as const
  const trustFor = (ms: number): true => {
    memory.trustedUntilMs = clock.monotonicMs() + ms
    return true
  }
  if (await maySkip(delivery, tenantId, made.list, asked)) return trustFor(made.freshForMs)
  const holds = await maySkip(delivery, tenantId, await checkList(run), asked)
  return holds && trustFor(FRESH_MS)
}

type Register = ReadonlyMap<string, Known>

/** The contacts looked up in the register, and what the register knows about them. */
type Asked = { ids: ReadonlySet<string>; register: Register; ofOthers: ReadonlySet<string> }

const NOTHING: Asked = { ids: new Set(), register: new Map(), ofOthers: new Set() }

const ask = async (run: DeliveryRun, { parts }: Parts, before: Asked): Promise<Asked> => {
  const { tenantId, contactListId } = run.upload
  const ids = new Set(parts.flatMap(({ chunk }) => chunk.contactIds))
  const fresh = [...ids.difference(before.ids)]
  if (fresh.length === 0) return before
  const found = await run.deps.delivery.registered(tenantId, contactListId, fresh)
  return {
    ids: ids.union(before.ids),
    register: new Map([...before.register, ...found.known]),
    ofOthers: before.ofOthers.union(found.ofOthers),
  }
}

/**
 * Judges the rows. Returns false if only reading the list would decide, and it may not be read
 * here.
 */
const judge = async (
  run: DeliveryRun,
  memory: LaneMemory,
  made: Parts,
  { register }: Asked,
  mayLook: boolean,
): Promise<boolean> => {
  const trusted = run.deps.clock.monotonicMs() < memory.trustedUntilMs
  if (register.size > 0 && !trusted && !mayLook) return false
  const skips = register.size > 0 && (await trusts(run, memory, made))
  judgeRows(made.parts, register, ({ duplicates }) => skips && duplicates !== 'ignore')
  return true
}

/** A shipment in the form sent to Genesys, and in the form that the store keeps. */
export type Going = {
  parts: readonly ShipmentPart[]
  request: BatchToSend
  shipment: Shipment
  asked: Asked
}

const goingOf = ({ deps }: DeliveryRun, made: Parts, asked: Asked): Going => {
  const { list, parts } = made
  const request = requestOf(list, parts, deps.ids.newUuid())
  const overwritten = new Set(asked.register.keys()).union(asked.ofOthers)
  const shipment = shipmentOf(deps.ids, parts, request, overwritten)
  return { parts, request, shipment, asked }
}

/**
 * Judges the rows and composes the request. Reads the list if needed, and throws the errors of that
 * read.
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
 * The same for more uploads, after the slot was granted, when no other call to Genesys may be made.
 * Returns null if one were needed. Contacts that were looked up `before` are not looked up again:
 * without the new uploads, the earlier result would be used too.
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
