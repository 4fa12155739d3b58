import { CONTACT_ID_COLUMN } from '../../../domain/contacts/contact-id-column.ts'
import type { Batch, DeliveryPart, JobEnd } from '../../ports/delivery/delivery.ts'
import type { JobStatus } from '../../ports/genesys/genesys.ts'
import { planChunk, rowKey, type RowVerdict, sentRows } from '../batches/plan-batch.ts'
import { failedWith, outcomeOfJob, settleBatch } from '../batches/settle-batch.ts'
import type { DeliveryRun } from '../run.ts'

/** The outcome of a part. `unattributed`: how many rows failed without being named. */
export type PartOutcome =
  | {
      kind: 'delivered'
      unattributed: number
      /** Rows that certainly did not arrive, by `rowKey`. */
      failed?: ReadonlyMap<string, RowVerdict>
    }
  | { kind: 'job'; job: JobStatus }
  | { kind: 'all'; verdict: RowVerdict; ended?: JobEnd }

export const PART_DELIVERED: PartOutcome = { kind: 'delivered', unattributed: 0 }

const endOf = (outcome: PartOutcome): JobEnd | undefined => {
  if (outcome.kind === 'all') return outcome.ended
  if (outcome.kind === 'delivered') return 'completed'
  return outcome.job.state === 'processing' ? undefined : outcome.job.state
}

const verdictOn = (outcome: PartOutcome, batch: Batch, row: number): [number, RowVerdict][] => {
  if (outcome.kind === 'job') return []
  const verdict = outcome.kind === 'all' ? outcome.verdict : outcome.failed?.get(rowKey(batch, row))
  return verdict === undefined ? [] : [[row, verdict]]
}

/** A job's errors about the rows `[from, to)` of the part, with indexes counted from `from`. */
const errorsWithin = (job: JobStatus, from: number, to: number): JobStatus['errors'] =>
  job.errors
    .filter(({ index }) => index >= from && index < to)
    .map((error) => ({ ...error, index: error.index - from }))

const unattributedOf = (outcome: PartOutcome, rows: number): number => {
  if (outcome.kind === 'delivered') return Math.min(outcome.unattributed, rows)
  if (outcome.kind === 'all' || outcome.job.state === 'failed') return 0
  const named = new Set(
    outcome.job.errors.filter(({ index }) => index < rows).map(({ index }) => index),
  )
  return Math.max(0, Math.min(outcome.job.failed, rows) - named.size)
}

/**
 * Whether Genesys certainly holds the content of each delivered row under the row's contact id.
 * With the method `callback`, Genesys itself finds duplicates, and the content is uncertain in two
 * cases. With `skip`, Genesys may have skipped a contact that it already had. If Genesys compares a
 * column other than the contact id, it may have changed another contact.
 */
const tellsContent = ({ upload }: DeliveryRun, { method }: DeliveryPart): boolean => {
  if (method !== 'callback') return true
  const byId =
    upload.delivery.duplicateCheckField === CONTACT_ID_COLUMN ||
    upload.columns.some(
      ({ kind, mappedTo }) =>
        kind === 'contactId' && mappedTo === upload.delivery.duplicateCheckField,
    )
  return byId && upload.duplicates !== 'skip'
}

/**
 * Settles every batch of a part in order, by the outcome of the whole part. Skips batches that are
 * already settled, so you can call this function again after a crash between two batches. Failures
 * that name no row are counted in the first batches that have rows without a named failure. If
 * there are such failures, the register records no row of the part, because it is unknown which
 * rows arrived. The register also records no row if `tellsContent` is false.
 */
export const settlePart = async (
  run: DeliveryRun,
  part: DeliveryPart,
  batches: readonly Batch[],
  outcome: PartOutcome,
  latencyMs: number,
): Promise<void> => {
  let left = unattributedOf(outcome, part.rows)
  const imported = outcome.kind === 'delivered'
  const uncertain = left > 0 || !tellsContent(run, part)
  const ended = part.attempts === 0 ? undefined : endOf(outcome)
  let from = 0
  let failedRows = left
  for (const batch of batches) {
    const rows = sentRows(batch)
    const to = from + rows.length
    const plan = await planChunk(run, batch.chunkSeq, true)
    for (let row = batch.fromRow; row < batch.toRow; row += 1) {
      const refused = run.refused.verdict(rowKey(batch, row))
      if (refused !== undefined) plan.verdicts.set(row, refused)
    }
    const failed =
      outcome.kind === 'job'
        ? outcomeOfJob(batch, plan, {
            ...outcome.job,
            failed: 0,
            errors: errorsWithin(outcome.job, from, to),
          }).failed
        : new Map(rows.flatMap((row) => verdictOn(outcome, batch, row)))
    const unidentified = Math.min(left, rows.length - failed.size)
    left -= unidentified
    failedRows += failed.size
    from = to
    if (batch.state === 'settled') continue
    await settleBatch(
      run,
      batch,
      plan,
      { failed, unidentified, uncertain, imported, ...(ended ? { ended } : {}) },
      latencyMs,
    )
  }
  run.deps.emit('part.settled', {
    uploadId: run.upload.id,
    partId: part.id,
    seq: part.seq,
    rows: part.rows,
    failed: failedRows,
    durationMs: latencyMs,
  })
}

export const PART_JOB_LOST: PartOutcome = {
  kind: 'all',
  verdict: failedWith('genesys-job-lost'),
  ended: 'lost',
}
