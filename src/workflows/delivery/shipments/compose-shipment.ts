import type { Shipment } from '../../ports/delivery/shipments.ts'
import type { BatchToSend } from '../../ports/genesys/genesys.ts'
import { checkList } from '../list-state.ts'
import type { DeliveryRun } from '../run.ts'
import { maySkip } from '../skip-rule.ts'
import { FRESH_MS, type Parts } from './make-parts.ts'
import { judgeRows, type ShipmentPart } from './plan-shipment.ts'
import { requestOf, shipmentOf } from './request-of.ts'

/** What this process remembers of a lane. */
export type LaneMemory = {
  /** How many uploads may go together: fewer after trouble, more again after each shipment that went well. */
  most: number
  /** Until then, on the monotonic clock, Genesys is taken to hold what the register knows: it did when the list was last looked at. */
  trustedUntilMs: number
}

/**
 * Whether Genesys holds what the register knows, so that known content may be skipped: told by the size of the list and the number of contacts in the
 * register, which both are counted once while the list is fresh. Where the list as it was seen holds too little, for it has grown since, it is looked at.
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

/** Judges the rows; the ids that the register knows. null: only a look at the list would tell, and there may be none. */
const judge = async (
  run: DeliveryRun,
  memory: LaneMemory,
  made: Parts,
  mayLook: boolean,
): Promise<Set<string> | null> => {
  const { parts } = made
  const { tenantId, contactListId } = run.upload
  const ids = [...new Set(parts.flatMap(({ chunk }) => chunk.contactIds))]
  const register = await run.deps.delivery.registered(tenantId, contactListId, ids)
  const trusted = run.deps.clock.monotonicMs() < memory.trustedUntilMs
  if (register.size > 0 && !trusted && !mayLook) return null
  const skips = register.size > 0 && (await trusts(run, memory, made))
  judgeRows(parts, register, ({ duplicates }) => skips && duplicates !== 'ignore')
  return new Set(register.keys())
}

/** A shipment as it goes to Genesys, and as the store keeps it. */
export type Going = { parts: readonly ShipmentPart[]; request: BatchToSend; shipment: Shipment }

const goingOf = ({ deps }: DeliveryRun, made: Parts, known: ReadonlySet<string>): Going => {
  const { list, parts } = made
  const request = requestOf(list, parts, deps.ids.newUuid())
  return { parts, request, shipment: shipmentOf(deps.ids, parts, request, known) }
}

/** Judges the rows and puts the request together; looks at the list where that is needed, and throws as that look does. */
export const compose = async (
  run: DeliveryRun,
  memory: LaneMemory,
  made: Parts,
): Promise<Going> => {
  const known = await judge(run, memory, made, true)
  return goingOf(run, made, known ?? new Set())
}

/** The same where a slot was granted, so that nothing else may be asked of Genesys; null: it would have to be. */
export const composeUnlooked = async (
  run: DeliveryRun,
  memory: LaneMemory,
  made: Parts,
): Promise<Going | null> => {
  const known = await judge(run, memory, made, false)
  return known === null ? null : goingOf(run, made, known)
}
