import { GenesysFailure } from '../../domain/genesys/genesys-failure.ts'
import type { UploadProblem } from '../../domain/uploads/upload.ts'
import { completedState } from '../../domain/uploads/upload.ts'
import type { FinishUpload } from '../ports/delivery/delivery.ts'
import { UploadMoved } from '../ports/delivery/delivery.ts'
import type { DeliverUpload, Lease } from '../ports/delivery/lease.ts'
import { RegistryStale, SuppressionUnknown } from '../ports/do-not-call/suppressions.ts'
import { workChunks } from './batches/chunks.ts'
import type { Pipeline } from './batches/pipeline.ts'
import { createPipeline } from './batches/pipeline.ts'
import { createBisectBudgets } from './bisect-budget.ts'
import { problemOf } from './call-genesys.ts'
import { checkRoom } from './check-room.ts'
import { drainCancelled, settleUnanswered } from './drain-cancelled.ts'
import { drainParts } from './files/drain-parts.ts'
import { workParts } from './files/work-parts.ts'
import { checkList } from './list-state.ts'
import { beginOverwrite, clearingNeverDone } from './overwrite.ts'
import type { DeliveryDeps, DeliveryRun, Ending } from './run.ts'
import { auditOf, beginRun, DeliveryEnds } from './run.ts'
import { maySkip } from './skip-rule.ts'

/**
 * Gets one upload into Genesys. Returns when the upload is finished or held, or when the run
 * stopped between two batches (stop, pause, cancellation). Throws `FenceLost`, `StoreUnavailable`,
 * the lease's abort reason, or a bug.
 * - The next run continues with the remaining batches. It does not send settled batches again. It
 *   sends batches with an unknown outcome again under their old id, unless rows must be taken out
 *   of them.
 * - If the upload is to be cancelled, the run sends nothing more. It finds out the outcome of what
 *   was sent and ends the upload.
 */
export const createDeliverUpload = (given: DeliveryDeps): DeliverUpload => {
  const deps = { ...given, budgetOf: given.budgetOf ?? createBisectBudgets(given.clock) }
  return async (claim, upload, lease) => {
    const ended = new AbortController()
    const run = await beginRun(deps, claim, upload, endable(lease, ended.signal))
    run.budget.begin(upload.id)
    const pipeline = createPipeline(run)
    try {
      await work(run, pipeline)
    } catch (error) {
      lease.signal.throwIfAborted()
      await end(run, pipeline, await endingOf(run, error)).catch(passOverMoved)
    } finally {
      ended.abort(new DeliveryEnds({ kind: 'rest' }))
      await pipeline.close()
    }
  }
}

/**
 * The lease for a run. It ends with the worker's lease, and also when the run ends. Work that runs
 * in parallel with the sending then ends too.
 */
const endable = (lease: Lease, ended: AbortSignal): Lease => ({
  ...lease,
  signal: AbortSignal.any([lease.signal, ended]),
  rest: AbortSignal.any([lease.rest, ended]),
})

const work = async (run: DeliveryRun, pipeline: Pipeline): Promise<void> => {
  if (run.draining) {
    await drainCancelled(run, pipeline)
    await finish(run, 'cancelled', unidentifiedOf(run))
    return
  }
  const list = await checkList(run)
  await run.deps.suppressions.lookAgain(run.upload.id)
  run.skipping.note(await maySkip(run.deps.delivery, list, run.upload))
  await checkRoom(run)
  await beginOverwrite(run)
  if (run.upload.delivery.method === 'batches') await workChunks(run, pipeline)
  else await workParts(run)
  if (await ingestedNothing(run)) await finish(run, 'failed', NOT_INGESTED)
  else await finish(run, completedState(run.upload.counts), unidentifiedOf(run))
}

const FILLED_RETRY_MS = 1_000

const NOT_INGESTED: UploadProblem = {
  code: 'genesys-job-failed',
  detail: 'Genesys accepted the rows, but then could not ingest any of them.',
}

/**
 * Whether every job failed and Genesys ingested no row. In that case, the upload must not count as
 * completed [guide-api: Completion webhook].
 */
const ingestedNothing = async ({ deps, upload }: DeliveryRun): Promise<boolean> => {
  const { delivered, unchanged, failed } = upload.counts
  if (failed === 0 || delivered + unchanged > 0) return false
  const ends = await deps.delivery.jobEnds(upload.id)
  return ends.completed === 0 && ends.failed + ends.lost > 0
}

/**
 * The hold for a suppression check that could not be made. If rows have no digests, the digests are
 * made now, and the upload continues a second later. If a registry is missing or too old, the
 * upload is held until a caller resumes it. For any other cause, the check is made again after
 * `holdRetryMs`.
 */
const dncUnavailable = async (
  { deps }: DeliveryRun,
  error: SuppressionUnknown,
): Promise<Ending> => {
  if (error instanceof RegistryStale) {
    const { countries, name } = error
    return { kind: 'hold', reason: 'dnc_stale', retryInMs: null, failure: name, countries }
  }
  if (error.missing !== null) await deps.suppressions.fillSubjects(error.missing)
  const retryInMs = error.missing === null ? deps.holdRetryMs : FILLED_RETRY_MS
  return { kind: 'hold', reason: 'dnc_unavailable', retryInMs, failure: error.name }
}

const endingOf = async (run: DeliveryRun, error: unknown): Promise<Ending> => {
  if (error instanceof SuppressionUnknown) return dncUnavailable(run, error)
  if (error instanceof DeliveryEnds) return error.ending
  if (error instanceof UploadMoved) return { kind: 'rest' }
  if (error instanceof GenesysFailure) return { kind: 'fail', problem: problemOf(error) }
  throw error
}

/**
 * Ignores the error if a caller paused or cancelled the upload just before its end. The caller's
 * request takes priority.
 */
const passOverMoved = (error: unknown): void => {
  if (!(error instanceof UploadMoved)) throw error
}

/**
 * The problem of an upload in which rows failed without being named. The store counts these rows
 * over all batches, so the run that ends the upload also reports the rows of earlier runs.
 */
const unidentifiedOf = ({ upload }: DeliveryRun): UploadProblem | null => {
  const { unidentified, unattributed } = upload.unnamed
  if (unidentified === 0) return null
  return unattributed > 0
    ? {
        code: 'import-unattributed',
        detail: `The list does not show ${unattributed} rows of the import. The gateway does not know which rows these are.`,
      }
    : {
        code: 'failed-rows-unidentified',
        detail: `Genesys reports ${unidentified} failed rows without naming them.`,
      }
}

/**
 * How long after the proof a clearing may still take effect. A reconciliation after this time shows
 * whether rows were lost.
 */
const AFTER_CLEARING_MS = 60_000

const clearsLate = ({ deps, upload }: DeliveryRun): boolean =>
  upload.mode === 'overwrite' && deps.clearContactList !== null

const finish = async (
  run: DeliveryRun,
  state: FinishUpload['state'],
  problem: UploadProblem | null,
): Promise<void> => {
  const { deps, upload } = run
  const { delivered, unchanged, failed, unprocessed } = upload.counts
  const audit = auditOf(run, {
    action: 'upload.finished',
    details: { problem: problem?.code ?? null },
    outcome: state === 'failed' ? 'failed' : 'ok',
    counts: { delivered, unchanged, failed, unprocessed },
    digest: upload.source.sha256,
  })
  const finished = await deps.delivery.finish(run.claim, {
    uploadId: upload.id,
    state,
    problem,
    audit,
    alsoAudit: clearingNeverDone(run),
    reconcileInMs: clearsLate(run) ? AFTER_CLEARING_MS : 0,
  })
  deps.emit('upload.finished', {
    uploadId: finished.id,
    tenantId: finished.tenantId,
    contactListId: finished.contactListId,
    state: finished.state,
    problem: finished.problem?.code ?? null,
    delivered: finished.counts.delivered,
    unchanged: finished.counts.unchanged,
    failed: finished.counts.failed,
    unprocessed: finished.counts.unprocessed,
    unsettled: finished.counts.unprocessed - unprocessed,
    // The times come from two clocks, and one of them may have jumped.
    sinceAcceptedMs: Math.max(0, deps.clock.now().getTime() - Date.parse(finished.createdAt)),
  })
}

const end = async (run: DeliveryRun, pipeline: Pipeline, ending: Ending): Promise<void> => {
  if (ending.kind === 'rest') return
  const outage = ending.kind === 'hold' && ending.reason === 'genesys_unavailable'
  if (!outage && !(await drained(run, pipeline))) return
  if (ending.kind === 'fail') {
    await settleUnanswered(run)
    await finish(run, 'failed', ending.problem)
    return
  }
  const { deps, upload } = run
  const { reason, retryInMs, failure, problem = null, countries = [] } = ending
  const audit = auditOf(run, {
    action: 'upload.held',
    details: { reason },
    digest: upload.source.sha256,
  })
  const hold = { uploadId: upload.id, reason, retryInMs, problem, audit, countries }
  await deps.delivery.hold(run.claim, hold)
  deps.emit('upload.held', { uploadId: upload.id, reason, failure })
}

/**
 * Finds out the outcome of batches and files that Genesys already accepted, so that the totals are
 * correct. Returns false if the run must stop.
 */
const drained = async (run: DeliveryRun, pipeline: Pipeline): Promise<boolean> => {
  try {
    await pipeline.adoptSent()
    await pipeline.drain('leave')
    await drainParts(run, 'leave')
    return true
  } catch (error) {
    run.lease.signal.throwIfAborted()
    if (error instanceof DeliveryEnds) return error.ending.kind !== 'rest'
    if (error instanceof GenesysFailure || error instanceof SuppressionUnknown) return true
    throw error
  }
}
