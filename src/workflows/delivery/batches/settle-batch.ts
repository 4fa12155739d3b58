import type { AuditEntry } from '../../../domain/audit/audit.ts'
import type { GenesysRowFault } from '../../../domain/genesys/genesys-failure.ts'
import type { GenesysRowCode } from '../../../domain/genesys/genesys-rejections.ts'
import { hasBit } from '../../../lib/bitmap.ts'
import type {
  Batch,
  JobEnd,
  RegisterRow,
  RowResult,
  SettledCounts,
} from '../../ports/delivery/delivery.ts'
import type { JobStatus } from '../../ports/genesys/genesys.ts'
import type { DeliveryRun } from '../run.ts'
import { auditOf, checkGoingOn } from '../run.ts'
import type { ChunkPlan, RowVerdict } from './plan-batch.ts'
import { sentRows } from './plan-batch.ts'

/**
 * What Genesys reported about a batch's rows: verdicts by row, and how many more rows failed
 * without being named.
 */
export type BatchOutcome = {
  failed: ReadonlyMap<number, RowVerdict>
  unidentified: number
  /**
   * The batch was sent in a file in which rows failed without being named. Some of them may belong
   * to this batch.
   */
  uncertain?: boolean
  /**
   * How the job that carried the batch ended. Left out if nothing was sent, if Genesys refused
   * the request, or if the end is not known.
   */
  ended?: JobEnd
  /** The batch was sent in an import, whose errors never name a row. */
  imported?: boolean
}

export const ALL_DELIVERED: BatchOutcome = { failed: new Map(), unidentified: 0 }

/** A row that Genesys refused, as the ledger keeps it. */
export const failedRow = ({ code, field, said }: GenesysRowFault): RowVerdict => ({
  outcome: 'failed',
  code,
  column: field,
  ...(said === null ? {} : { said }),
})

/** If a person was erased while the row was in flight, the register does not get the row. */
const notErased = (
  { erased = Buffer.alloc(0) }: ChunkPlan['chunk'],
  delivered: readonly RegisterRow[],
): RegisterRow[] => delivered.filter(({ row }) => !hasBit(erased, row))

/** A row that failed together with other rows, without a separate error from Genesys. */
export const failedWith = (code: GenesysRowCode, said: string | null = null): RowVerdict =>
  failedRow({ code, field: null, said })

/**
 * Maps a job's errors to the chunk's rows, by index. If the index is outside the request, maps the
 * error by contact id. Failed rows that no error names count as unidentified. If the job failed as
 * a whole, all other rows fail too.
 */
export const outcomeOfJob = (batch: Batch, plan: ChunkPlan, job: JobStatus): BatchOutcome => {
  const rows = sentRows(batch)
  const failed = new Map<number, RowVerdict>()
  for (const error of job.errors) {
    const byIndex = rows[error.index]
    const row =
      byIndex ?? rows.find((candidate) => plan.chunk.contactIds[candidate] === error.contactId)
    if (row !== undefined) failed.set(row, failedRow(error))
  }
  if (job.state === 'failed') {
    for (const row of rows) if (!failed.has(row)) failed.set(row, failedWith('genesys-job-failed'))
  }
  const unidentified = Math.max(0, Math.min(job.failed, rows.length) - failed.size)
  const ended = job.state === 'processing' ? {} : { ended: job.state }
  return { failed, unidentified, ...ended }
}

const settledAudit = (
  run: DeliveryRun,
  batch: Batch,
  { ended }: BatchOutcome,
  about: { counts: SettledCounts; latencyMs: number },
): AuditEntry =>
  auditOf(run, {
    action: 'upload.batch.settled',
    details: { uploadIds: [run.upload.id], jobId: batch.jobId, ended: ended ?? null },
    object: batch.id,
    attempt: Math.max(1, batch.attempts),
    outcome: about.counts.failed > 0 ? 'failed' : 'ok',
    ...about,
  })

/**
 * Writes the outcome of every row of the batch. A row that was sent gets its verdict from
 * `outcome`. If `outcome` has no verdict for the row, the row is delivered. The other rows get
 * their verdict from the plan. If a row was not sent and has no verdict, Genesys refused it in an
 * earlier request, and a crash lost the code of that refusal. The row then gets the code
 * `genesys-refused`.
 */
export const settleBatch = async (
  run: DeliveryRun,
  batch: Batch,
  plan: ChunkPlan,
  outcome: BatchOutcome,
  latencyMs: number,
): Promise<void> => {
  const { chunk } = plan
  const counts: SettledCounts = { delivered: 0, unchanged: 0, failed: 0, unprocessed: 0 }
  const results: RowResult[] = []
  const delivered: RegisterRow[] = []
  const confirmed: string[] = []
  for (let row = batch.fromRow; row < batch.toRow; row += 1) {
    if (hasBit(chunk.leftOut, row)) continue
    const verdict = hasBit(batch.sent, row - batch.fromRow)
      ? outcome.failed.get(row)
      : (plan.verdicts.get(row) ?? failedWith('genesys-refused'))
    const line = chunk.lines[row]!
    if (verdict === undefined) {
      counts.delivered += 1
      const contentHash = plan.contentHashes.subarray(row * 16, row * 16 + 16)
      delivered.push({ contactId: chunk.contactIds[row]!, contentHash, line, row })
    } else {
      counts[verdict.outcome] += 1
      results.push({ line, chunkSeq: chunk.seq, ...verdict })
      if (verdict.code === 'identical') confirmed.push(chunk.contactIds[row]!)
    }
  }
  counts.delivered -= outcome.unidentified
  counts.failed += outcome.unidentified
  const settled = await run.deps.delivery.settle(run.claim, {
    uploadId: run.upload.id,
    batchId: batch.id,
    counts,
    results,
    unnamed: {
      unidentified: outcome.unidentified,
      unattributed: outcome.imported ? outcome.unidentified : 0,
    },
    ended: outcome.ended ?? null,
    chunk,
    // If failures name no row, it is unknown which rows arrived. The register then records nothing,
    // so that a later upload sends the rows again.
    delivered: outcome.unidentified > 0 || outcome.uncertain ? [] : notErased(chunk, delivered),
    confirmed,
    audit: settledAudit(run, batch, outcome, { counts, latencyMs }),
  })
  run.newest.note(settled)
  const about = { uploadId: run.upload.id, batchId: batch.id, attempt: Math.max(1, batch.attempts) }
  const sent = { seq: batch.chunkSeq, jobId: batch.jobId }
  run.deps.emit('batch.settled', { ...about, ...sent, ...counts, durationMs: latencyMs })
}

/** Settles as `settleBatch` does. After that, throws as `checkGoingOn` does if the run must end. */
export const settleAndGoOn = async (...args: Parameters<typeof settleBatch>): Promise<void> => {
  await settleBatch(...args)
  checkGoingOn(args[0])
}

/** Settles a batch in which all rows sent have the same outcome. */
export const settleWhole = (
  run: DeliveryRun,
  batch: Batch,
  plan: ChunkPlan,
  verdict: RowVerdict,
): Promise<void> => {
  const failed = new Map(sentRows(batch).map((row) => [row, verdict]))
  return settleBatch(run, batch, plan, { failed, unidentified: 0 }, 0)
}
