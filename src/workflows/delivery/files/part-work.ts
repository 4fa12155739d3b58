import type { GenesysFailure } from '../../../domain/genesys/genesys-failure.ts'
import { RowsWithheld } from '../../ports/delivery/tries.ts'
import type { JobStatus } from '../../ports/genesys/genesys.ts'
import { planChunk, rowKey } from '../batches/plan-batch.ts'
import { MAX_SENDS_OF_FAILED_JOB, spendOnFailedJob } from '../batches/refusals.ts'
import { supersededIn, withheldIn } from '../batches/rows-out.ts'
import { awaitJobOf } from '../job-of-request.ts'
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
   * Sends and settles a part, or the parts that replace it. `records`: the CSV of the part. null:
   * build the CSV from the stored rows.
   */
  through(open: OpenPart, records: Buffer | null): Promise<void>
}

/** A part of an earlier run is sent once more, without the rows that must no longer be sent. */
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

/** The parts of one run, worked on one at a time. */
export const createPartWork = (run: DeliveryRun, columns: PartColumns): PartWork => {
  const { clock } = run.deps
  const imports = run.deps.contactFiles.startImport !== null

  /**
   * Sends the part if needed and waits for its job. Returns one of these: how the job ended, a
   * refusal that no retry fixes, rows that must not be sent, or that the part must be sent again.
   */
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
      const request = { id: open.part.id, jobId }
      const job = await aside(run, () => awaitJobOf(run, request, startedMs))
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
    // Wiping makes Genesys rebuild the list's index. The gateway appends nothing until the index is
    // ready [guide-api: Contacts].
    if (wiping) await checkList(run)
  }
  return { through }
}

/**
 * Whether the part must be sent again because the job refused its columns. Only a part of an
 * earlier run is sent again: since that run, the upload may have been resumed with fixed columns.
 * For any other part, throws the hold.
 */
const refusesColumns = (job: JobStatus, adopted: boolean): boolean => {
  if (!speaksOfSchema(job)) return false
  if (adopted) return true
  throw heldForSchema(columnsNamed(job))
}

const outcomeOfLast = (job: JobStatus | null): PartOutcome =>
  job === null ? PART_JOB_LOST : { kind: 'job', job }

/**
 * Before a part is sent again, takes out the rows that must no longer be sent, for example because
 * a later upload has delivered their contacts meanwhile. `rows-out.ts` does the same for a batch
 * that is sent alone.
 */
const withoutSuperseded = async (run: DeliveryRun, open: OpenPart): Promise<OpenPart> => {
  const { part, batches } = open
  if (part.state === 'settled' || (part.state === 'sent' && part.jobId !== null)) return open
  if (batches.some(({ state }) => state === 'settled')) return open
  const out = new Set<string>()
  for (const batch of batches) {
    const plan = await planChunk(run, batch.chunkSeq, true)
    for (const key of supersededIn(batch, plan)) out.add(key)
  }
  if (out.size === 0) return open
  const [rest] = await withoutRows(run, open, (batch, row) => out.has(rowKey(batch, row)))
  return rest!
}

/** Takes out the rows that must no longer be sent. The other rows are sent under another id. */
const withoutWithheld = (
  run: DeliveryRun,
  open: OpenPart,
  withheld: RowsWithheld,
): Promise<OpenPart[]> => {
  const out = withheldIn(open.batches, withheld)
  for (const [key, verdict] of out) run.refused.keepVerdict(key, verdict)
  return withoutRows(run, open, (batch, row) => out.has(rowKey(batch, row)))
}

/**
 * The parts to send instead of a given part. Genesys refused the given part, or the part was not
 * sent because some of its rows must not be sent.
 */
const insteadOf = (
  run: DeliveryRun,
  open: OpenPart,
  why: GenesysFailure | RowsWithheld,
): Promise<OpenPart[]> =>
  why instanceof RowsWithheld ? withoutWithheld(run, open, why) : actOnPartRefusal(run, open, why)
