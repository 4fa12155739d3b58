import type { GenesysFailure, GenesysRowFault } from '../../../domain/genesys/genesys-failure.ts'
import type { Batch, DeliveryPart, NewBatch, NewPart } from '../../ports/delivery/delivery.ts'
import { halves, type Place, placesOf, without } from '../batches/cut-batches.ts'
import { freshBatch, rowKey, sentRows } from '../batches/plan-batch.ts'
import { checkBudget, checkRefusedShare, endIfCancelled, tell } from '../batches/refusals.ts'
import { tookNothing } from '../batches/send-batch.ts'
import { failedRow } from '../batches/settle-batch.ts'
import { problemOf } from '../call-genesys.ts'
import type { DeliveryRun } from '../run.ts'
import { checkGoingOn, DeliveryEnds } from '../run.ts'
import { holdForSchema } from '../schema-refusal.ts'
import { settlePart } from './settle-part.ts'

/** A part with its batches. */
export type OpenPart = { part: DeliveryPart; batches: Batch[] }

const newPart = (run: DeliveryRun, part: DeliveryPart, batches: readonly NewBatch[]): NewPart => {
  const rows = batches.reduce((sum, batch) => sum + sentRows(batch).length, 0)
  const bytes = part.rows === 0 ? 0 : Math.round((part.bytes * rows) / part.rows)
  return {
    id: run.deps.ids.newUuid(),
    seq: run.partNumbers.next(),
    method: part.method,
    rows,
    bytes,
    batches,
  }
}

/** A part as the store holds it right after writing it. */
export const freshPart = (uploadId: string, { batches, ...part }: NewPart): OpenPart => ({
  part: {
    ...part,
    uploadId,
    state: 'intended',
    jobId: null,
    attempts: 0,
    refusals: 0,
    sentAt: null,
  },
  batches: batches.map((batch) => ({ ...freshBatch(uploadId, batch), partId: part.id })),
})

/** Stores the parts that replace a given one. */
const replace = async (
  run: DeliveryRun,
  { part }: OpenPart,
  groups: readonly (readonly NewBatch[])[],
): Promise<OpenPart[]> => {
  const parts = groups.map((batches) => newPart(run, part, batches))
  await run.deps.delivery.splitPart(run.claim, part.id, run.upload.id, parts, tookNothing(part))
  return parts.map((fresh) => freshPart(run.upload.id, fresh))
}

/** Replaces the part by a part without the rows for which `out` is true. */
export const withoutRows = (
  run: DeliveryRun,
  open: OpenPart,
  out: (batch: Batch, row: number) => boolean,
): Promise<OpenPart[]> => {
  const batches = open.batches.map((batch) => without(run, batch, (row) => out(batch, row)))
  return replace(run, open, [batches])
}

/**
 * Acts on a part that Genesys refused for good, as `actOnRefusal` does on a batch. Takes out the
 * rows that Genesys names. If Genesys names none, halves the part. Each half may be refused and
 * halved again, until the bad row is alone and fails. Returns the parts that are still to be sent
 * or settled, in order.
 */
export const actOnPartRefusal = async (
  run: DeliveryRun,
  open: OpenPart,
  failure: GenesysFailure,
): Promise<OpenPart[]> => {
  if (failure.kind !== 'too_large' && failure.kind !== 'rows_refused') {
    // If an earlier try got no answer, the outcome of the rows is unknown, so the part stays.
    if (tookNothing(open.part)) await withoutRows(run, open, () => false)
    throw new DeliveryEnds({ kind: 'fail', problem: problemOf(failure) })
  }
  holdForSchema(failure)
  await endIfCancelled(run, open.part, (verdict) =>
    settlePart(run, open.part, open.batches, { kind: 'all', verdict }, 0),
  )
  const places = placesOf(open.batches)
  const refused = new Set<Place>()
  const refuse = (place: Place | undefined, fault: GenesysRowFault): void => {
    if (place === undefined) return
    refused.add(place)
    run.refused.keepVerdict(rowKey(place.batch, place.row), failedRow(fault))
  }
  for (const error of failure.rowErrors) refuse(places[error.index], error)
  if (refused.size === 0 && places.length === 1) refuse(places[0], failure.rowFault)
  run.refused.add(refused.size)
  const about = { id: open.part.id, rows: places.length }
  const outcome = refused.size === places.length ? 'failed' : 'split'
  tell(run, about, failure, outcome)
  const keys = new Set([...refused].map(({ batch, row }) => rowKey(batch, row)))
  const parts =
    refused.size > 0
      ? await withoutRows(run, open, (batch, row) => keys.has(rowKey(batch, row)))
      : await replace(run, open, halves(run, open.batches))
  if (outcome === 'failed') checkRefusedShare(run, about, failure)
  else {
    run.budget.spend(parts.length)
    checkBudget(run, about, failure)
  }
  checkGoingOn(run)
  return parts
}
