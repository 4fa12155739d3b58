import type { Batch, DeliveryPart, NewPart } from '../../ports/delivery/delivery.ts'
import { moveTo, type DeliveryRun } from '../run.ts'
import { auditOf, checkGoingOn } from '../run.ts'
import { partColumnsOf } from './part-columns.ts'
import { freshPart, type OpenPart } from './part-refusals.ts'
import { createPartSource, type PreparedPart } from './part-source.ts'
import { createPartWork, type PartWork } from './part-work.ts'

const byPart = (batches: readonly Batch[]): Map<string, Batch[]> => {
  const parts = new Map<string, Batch[]>()
  for (const batch of batches) {
    if (batch.partId === null) continue
    const known = parts.get(batch.partId)
    if (known === undefined) parts.set(batch.partId, [batch])
    else known.push(batch)
  }
  return parts
}

/** The stored parts that are not settled yet, in order, with their batches. */
export const openParts = (
  parts: readonly DeliveryPart[],
  batches: readonly Batch[],
): OpenPart[] => {
  const groups = byPart(batches)
  return parts
    .filter(({ state }) => state !== 'settled')
    .map((part) => ({ part, batches: groups.get(part.id) ?? [] }))
}

/**
 * Sends the upload as files, one part after the other. The next part is sent after the previous one
 * is settled. While a part is in flight, the next part is read and written as CSV, so at most two
 * parts are in memory. Returns when every row is settled.
 */
export const workParts = async (run: DeliveryRun): Promise<void> => {
  const { delivery } = run.deps
  const written = await delivery.batches(run.upload.id)
  const parts = await delivery.parts(run.upload.id)
  run.partNumbers.continueAfter(parts.at(-1)?.seq ?? 0)
  const columns = partColumnsOf(run)
  const work = createPartWork(run, columns)
  for (const open of openParts(parts, written)) await work.through(open, null)
  const seqs = await delivery.chunkSeqs(run.upload.id)
  const source = createPartSource(run, columns, seqs, written)
  let ahead = prepare(source.next())
  for (;;) {
    checkGoingOn(run)
    const prepared = await ahead
    if (prepared === null) break
    ahead = prepare(source.next())
    await sendPrepared(run, work, prepared)
  }
  if (run.upload.state === 'delivering') await moveTo(run, 'awaiting_completion')
}

/**
 * Begins to prepare a part. The result is awaited later. If the run ends earlier, nobody awaits the
 * promise, but its rejection must not end the process.
 */
const prepare = (next: Promise<PreparedPart | null>): Promise<PreparedPart | null> => {
  next.catch(() => undefined)
  return next
}

/** Stores the part's intent, then sends and settles the part. */
const sendPrepared = async (
  run: DeliveryRun,
  work: PartWork,
  prepared: PreparedPart,
): Promise<void> => {
  const { batches, records, rows, overwrites } = prepared
  const method = run.upload.delivery.method === 'callback' ? 'callback' : 'file'
  const part: NewPart = {
    id: run.deps.ids.newUuid(),
    seq: run.partNumbers.next(),
    method,
    rows,
    bytes: records.length,
    batches,
  }
  const audit = auditOf(run, {
    action: 'upload.batch.intended',
    details: { uploadIds: [run.upload.id] },
    object: part.id,
    outcome: 'intended',
    counts: { rows, batches: batches.length },
  })
  await run.deps.delivery.intendPart(run.claim, run.upload.id, part, audit, overwrites)
  await work.through(freshPart(run.upload.id, part), records)
}
