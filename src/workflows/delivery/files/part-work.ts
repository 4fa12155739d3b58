import type { GenesysFailure } from '../../../domain/genesys/genesys-failure.ts'
import { RowsWithheld } from '../../ports/delivery/tries.ts'
import type { JobStatus } from '../../ports/genesys/genesys.ts'
import { awaitJob } from '../await-job.ts'
import { planChunk, rowKey } from '../batches/plan-batch.ts'
import { MAX_SENDS_OF_FAILED_JOB, spendOnFailedJob } from '../batches/refusals.ts'
import { checkList, doubtList, lookAtListAgain } from '../list-state.ts'
import { overwriteFailed, recordCleared, wipesNext } from '../overwrite.ts'
import { aside, checkGoingOn, moveTo, type DeliveryRun } from '../run.ts'
import { columnsNamed, heldForSchema, speaksOfSchema } from '../schema-refusal.ts'
import { importPart } from './import-part.ts'
import type { PartColumns } from './part-columns.ts'
import { actOnPartRefusal, type OpenPart, withoutRows } from './part-refusals.ts'
import { recordsOf } from './part-source.ts'
import { sendPart } from './send-part.ts'
import { PART_DELIVERED, PART_JOB_LOST, type PartOutcome, settlePart } from './settle-part.ts'

export type PartWork = {
  /**
   * Takes a part, and the parts that replace it, to the end. `records`: its CSV, if already made.
   */
  through(open: OpenPart, records: Buffer | null): Promise<void>
}

/** Sends a part of an earlier run once more, without rows superseded since. */
type Again = { kind: 'again'; failures: number }

const settled = async (
  run: DeliveryRun,
  open: OpenPart,
  outcome: PartOutcome,
  startedMs: number,
): Promise<void> => {
  const latencyMs = Math.round(run.deps.clock.monotonicMs() - startedMs)
  await settlePart(run, open.part, open.batches, outcome, latencyMs)
  checkGoingOn(run)
}

/** The parts of one run, worked one at a time. */
export const createPartWork = (run: DeliveryRun, columns: PartColumns): PartWork => {
  const { clock } = run.deps
  const imports = run.deps.contactFiles.startImport !== null

  /** The result of the job, or a failure that no retry fixes. Sends the part (again) if needed. */
  const outcomeOf = async (
    open: OpenPart,
    records: Buffer | null,
    failedBefore: number,
  ): Promise<PartOutcome | GenesysFailure | RowsWithheld | Again> => {
    const csv = async (): Promise<Buffer> => records ?? recordsOf(run, columns, open.batches)
    if (imports) return importPart(run, open, columns, await csv())
    const adopted = open.part.jobId !== null
    for (let failures = failedBefore; ;) {
      const startedMs = clock.monotonicMs()
      let { jobId } = open.part
      if (jobId === null) {
        const sent = await sendPart(run, open, columns, await csv())
        if (typeof sent !== 'string') return sent
        jobId = sent
      }
      const awaited = jobId
      const job = await aside(run, () => awaitJob(run, awaited, startedMs))
      if (job !== null && refusesColumns(job, adopted)) return { kind: 'again', failures }
      if (job?.state === 'completed') return { kind: 'job', job }
      failures += 1
      doubtList(run)
      if (failures >= MAX_SENDS_OF_FAILED_JOB) return outcomeOfLast(job)
      spendOnFailedJob(run)
      if (adopted) return { kind: 'again', failures }
      open.part.jobId = null
    }
  }

  const through = async (
    given: OpenPart,
    records: Buffer | null,
    failedBefore = 0,
  ): Promise<void> => {
    checkGoingOn(run)
    const startedMs = clock.monotonicMs()
    const open = records === null ? await withoutSuperseded(run, given) : given
    if (open.part.rows === 0) return settled(run, open, PART_DELIVERED, startedMs)
    await lookAtListAgain(run)
    await moveTo(run, 'delivering')
    const wiping = wipesNext(run)
    const outcome = await outcomeOf(open, records, failedBefore)
    if (outcome instanceof Error) {
      for (const part of await insteadOf(run, open, outcome)) await through(part, null)
      return
    }
    if (outcome.kind === 'again') {
      open.part.jobId = null
      return through(open, null, outcome.failures)
    }
    const taken = outcome.kind === 'job' && outcome.job.state === 'completed'
    if (taken) await recordCleared(run)
    await settled(run, open, outcome, startedMs)
    if (wiping && !taken) throw overwriteFailed()
    // Wiping makes Genesys rebuild the list's index. Nothing is appended before the index is ready
    // [guide-api: Contacts].
    if (wiping) await checkList(run)
  }
  return { through }
}

/**
 * Throws the hold, unless an earlier run sent the part: the upload was resumed since, so the
 * columns may be correct now.
 */
const refusesColumns = (job: JobStatus, adopted: boolean): boolean => {
  if (!speaksOfSchema(job)) return false
  if (adopted) return true
  throw heldForSchema(columnsNamed(job))
}

const outcomeOfLast = (job: JobStatus | null): PartOutcome =>
  job === null ? PART_JOB_LOST : { kind: 'job', job }

/**
 * As for a batch: before the part is sent again, rows that a later upload has brought to Genesys
 * meanwhile are taken out.
 */
const withoutSuperseded = async (run: DeliveryRun, open: OpenPart): Promise<OpenPart> => {
  const { part, batches } = open
  if (part.state === 'settled' || (part.state === 'sent' && part.jobId !== null)) return open
  if (batches.some(({ state }) => state === 'settled')) return open
  const out = new Set<string>()
  for (const batch of batches) {
    const plan = await planChunk(run, batch.chunkSeq, true)
    for (const [row, verdict] of plan.verdicts) {
      if (verdict.outcome === 'unprocessed') out.add(rowKey(batch, row))
    }
  }
  const isOut = (batch: { chunkSeq: number }, row: number): boolean => out.has(rowKey(batch, row))
  if (out.size === 0) return open
  const [rest] = await withoutRows(run, open, isOut)
  return rest!
}

/**
 * As for a batch: rows that must not be sent any more are taken out, and the rest goes under
 * another id.
 */
const withoutWithheld = async (
  run: DeliveryRun,
  open: OpenPart,
  withheld: RowsWithheld,
): Promise<OpenPart[]> => {
  const out = new Set<string>()
  const names = withheld.rows.some(({ batchId }) => open.batches.some(({ id }) => id === batchId))
  if (!names) throw new Error(`No row of part ${open.part.id} is withheld`)
  for (const { batchId, row, verdict } of withheld.rows) {
    const batch = open.batches.find(({ id }) => id === batchId)
    if (batch === undefined) continue
    out.add(rowKey(batch, row))
    run.refusals.set(rowKey(batch, row), verdict)
  }
  return withoutRows(run, open, (batch, row) => out.has(rowKey(batch, row)))
}

/** What to send instead of a part that was not sent, or was refused. */
const insteadOf = (
  run: DeliveryRun,
  open: OpenPart,
  why: GenesysFailure | RowsWithheld,
): Promise<OpenPart[]> =>
  why instanceof RowsWithheld ? withoutWithheld(run, open, why) : actOnPartRefusal(run, open, why)
