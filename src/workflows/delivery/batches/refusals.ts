import type { GenesysFailure } from '../../../domain/genesys/genesys-failure.ts'
import type { UploadProblem } from '../../../domain/uploads/upload.ts'
import type { Attempted } from '../../ports/delivery/attempted.ts'
import type { Batch } from '../../ports/delivery/delivery.ts'
import { problemOf } from '../call-genesys.ts'
import type { DeliveryRun } from '../run.ts'
import { DeliveryEnds } from '../run.ts'
import { holdForSchema } from '../schema-refusal.ts'
import { halves, without } from './cut-batches.ts'
import type { ChunkPlan, RowVerdict } from './plan-batch.ts'
import { freshBatch, sentRows } from './plan-batch.ts'
import { tookNothing } from './send-batch.ts'
import { failedRow, settleAndGoOn, settleWhole } from './settle-batch.ts'

/**
 * The gateway bisects batches to find the refused rows. It stops when Genesys has refused more than
 * this share of the upload's rows in one run [design: 3], or when the lane's budget is spent.
 */
const MAX_REFUSED_SHARE = 0.05
/** A small file is not held for a few bad rows: the share always allows at least this many. */
const MIN_REFUSED_ROWS = 5

export const CANCELLED: RowVerdict = { outcome: 'unprocessed', code: 'cancelled', column: null }

/**
 * If a caller has cancelled the upload meanwhile, a refused request is not replaced by other
 * requests, and the run ends. If Genesys took no row of the request, `settle` writes its rows as
 * unprocessed.
 */
export const endIfCancelled = async (
  run: DeliveryRun,
  request: Attempted,
  settle: (verdict: RowVerdict) => Promise<void>,
): Promise<void> => {
  const next = await run.deps.delivery.next(run.claim)
  if (next?.id !== run.upload.id || !next.cancelRequested) return
  if (tookNothing(request)) await settle(CANCELLED)
  throw new DeliveryEnds({ kind: 'rest' })
}

/**
 * Acts on a batch that Genesys refused for good. Halves a batch that is too large. Otherwise takes
 * out the rows that Genesys names, or halves the batch if Genesys names no row. If only one row is
 * left, this row fails. Returns the parts that are still to be sent, in order. A refusal of the
 * request as a whole ends the upload as failed. A refusal of rows because of the columns holds the
 * upload. Too many refused rows and a spent budget (`checkBudget`) also hold the upload.
 */
export const actOnRefusal = async (
  run: DeliveryRun,
  batch: Batch,
  plan: ChunkPlan,
  failure: GenesysFailure,
): Promise<Batch[]> => {
  if (failure.kind !== 'too_large' && failure.kind !== 'rows_refused') {
    // If an earlier try got no answer, the outcome of the rows is unknown, so the batch stays.
    if (tookNothing(batch)) {
      const unsent = without(run, batch, () => false)
      await run.deps.delivery.split(run.claim, batch.id, run.upload.id, [unsent], true)
    }
    throw new DeliveryEnds({ kind: 'fail', problem: problemOf(failure) })
  }
  await endIfCancelled(run, batch, (verdict) => settleWhole(run, batch, plan, verdict))
  holdForSchema(failure)
  const rows = sentRows(batch)
  const named = failure.kind === 'rows_refused' ? namedRows(rows, plan, failure) : new Set<number>()
  if (named.size === 0 && rows.length === 1) {
    plan.verdicts.set(rows[0]!, failedRow(failure.rowFault))
    named.add(rows[0]!)
  }
  run.refused.add(named.size)
  if (named.size === rows.length) {
    tell(run, { id: batch.id, rows: rows.length }, failure, 'failed')
    const failed = new Map(rows.map((row) => [row, plan.verdicts.get(row)!]))
    await settleAndGoOn(run, batch, plan, { failed, unidentified: 0 }, 0)
    checkRefusedShare(run, { id: batch.id, rows: rows.length }, failure)
    return []
  }
  const parts =
    named.size > 0 ? [without(run, batch, (row) => named.has(row))] : halves(run, [batch]).flat()
  await run.deps.delivery.split(run.claim, batch.id, run.upload.id, parts, tookNothing(batch))
  run.budget.spend(parts.length)
  tell(run, { id: batch.id, rows: rows.length }, failure, 'split')
  checkBudget(run, { id: batch.id, rows: rows.length }, failure)
  return parts.map((part) => freshBatch(run.upload.id, part))
}

/** Notes each named row's verdict in the plan. */
const namedRows = (
  rows: readonly number[],
  plan: ChunkPlan,
  failure: GenesysFailure,
): Set<number> => {
  const named = new Set<number>()
  for (const error of failure.rowErrors) {
    const row = rows[error.index]
    if (row === undefined) continue
    named.add(row)
    plan.verdicts.set(row, failedRow(error))
  }
  return named
}

/** What the event `batch.refused` says about a request that Genesys refused. */
export type RefusedRequest = { id: string; rows: number }

/** Ends the run with a hold when too many of the upload's rows were refused. */
export const checkRefusedShare = (
  run: DeliveryRun,
  refused: RefusedRequest,
  failure: GenesysFailure,
): void => {
  const allowedRows = Math.max(MIN_REFUSED_ROWS, run.upload.counts.accepted * MAX_REFUSED_SHARE)
  if (run.refused.count() > allowedRows) holdForRefusals(run, refused, failure)
}

/**
 * Call this when new requests replace a refused request. Ends the run with a hold if too many rows
 * were refused, as `checkRefusedShare` does, or if the lane has spent its budget.
 */
export const checkBudget = (
  run: DeliveryRun,
  refused: RefusedRequest,
  failure: GenesysFailure,
): void => {
  checkRefusedShare(run, refused, failure)
  if (!run.budget.isSpent()) return
  run.budget.hold(run.upload.id)
  holdForRefusals(run, refused, failure)
}

const holdForRefusals = (
  run: DeliveryRun,
  refused: RefusedRequest,
  failure: GenesysFailure,
): never => {
  tell(run, refused, failure, 'held')
  const problem = refusalsProblem(failure)
  const ending = { kind: 'hold', reason: 'refusals', retryInMs: null } as const
  throw new DeliveryEnds({ ...ending, failure: failure.kind, problem })
}

/**
 * A batch whose job was lost or failed as a whole is sent once more before its rows count as
 * failed. The batch keeps its id if all of its rows may still be sent.
 */
export const MAX_SENDS_OF_FAILED_JOB = 2

/**
 * A job that failed as a whole costs one more request. Ends the run with a hold if the lane's
 * budget is spent.
 */
export const spendOnFailedJob = (run: DeliveryRun): void => {
  run.budget.spend(1)
  if (!run.budget.isSpent()) return
  run.budget.hold(run.upload.id)
  const detail =
    'Many jobs failed in Genesys, so the gateway sends no more rows until you resume the upload.'
  throw new DeliveryEnds({
    ...{ kind: 'hold', reason: 'refusals', retryInMs: null, failure: 'job_failed' },
    problem: { code: 'genesys-job-failed', detail },
  })
}

/**
 * The problem that the caller reads while the upload is held. It quotes the last answer of Genesys.
 */
const refusalsProblem = ({ upstreamCode, rowFault }: GenesysFailure): UploadProblem => {
  const said = [upstreamCode, rowFault.field].filter((word) => word !== null).join(', ')
  return {
    code: 'genesys-refused',
    detail: `Genesys refused many rows${said === '' ? '' : ` (${said})`}, so the gateway sends no more rows until you resume the upload.`,
  }
}

/**
 * Emits `batch.refused` for a batch or a part. `action`: `split` (other requests replace it),
 * `failed` (all of its rows fail) or `held` (the upload is held).
 */
export const tell = (
  run: DeliveryRun,
  refused: RefusedRequest,
  failure: GenesysFailure,
  action: 'split' | 'failed' | 'held',
): void =>
  run.deps.emit('batch.refused', {
    uploadId: run.upload.id,
    batchId: refused.id,
    failure: failure.kind,
    rows: refused.rows,
    action,
  })
