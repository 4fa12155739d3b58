import type { AuditEntry } from '../../domain/audit/audit.ts'
import { GenesysFailure } from '../../domain/genesys/genesys-failure.ts'
import type { UploadMode } from '../../domain/uploads/upload-options.ts'
import type { CallContext } from '../ports/genesys/genesys.ts'
import { callGenesys, type Tries } from './call-genesys.ts'
import { clearList } from './clear-list.ts'
import { checkList } from './list-state.ts'
import type { DeliveryRun } from './run.ts'
import { auditOf, DeliveryEnds } from './run.ts'

/**
 * Whether the next request wipes the list (guide dialect). True until it is known that Genesys has
 * wiped the list.
 */
export const wipesNext = (run: DeliveryRun): boolean =>
  run.upload.mode === 'overwrite' &&
  run.clearing.value().state !== 'done' &&
  run.deps.clearContactList === null

/**
 * Refuses to clear the list if a later upload has delivered rows to it or has cleared it, because
 * clearing would delete that newer content [design: 3].
 */
const assertMayClear = (run: DeliveryRun): void => {
  const { clearedSeq, newerDelivered } = run.clearing.value()
  if (!newerDelivered && clearedSeq <= (run.upload.acceptedSeq ?? 0)) return
  const detail = 'A later upload was delivered to the list while this upload waited.'
  throw new DeliveryEnds({ kind: 'fail', problem: { code: 'overwrite-superseded', detail } })
}

const intend = async (run: DeliveryRun): Promise<void> => {
  const sizeBefore = run.reading.list()?.size ?? null
  await run.deps.delivery.intendClearing(run.claim, {
    uploadId: run.upload.id,
    sizeBefore,
    audit: auditOf(run, {
      action: 'list.cleared',
      object: run.upload.contactListId,
      outcome: 'intended',
      counts: sizeBefore === null ? {} : { contacts: sizeBefore },
    }),
  })
  run.clearing.note({ ...run.clearing.value(), state: 'intended', sizeBefore })
}

const isUnderWay = ({ upload, clearing }: DeliveryRun): boolean =>
  upload.mode === 'overwrite' &&
  (clearing.value().state === 'intended' || clearing.value().state === 'asked')

/**
 * Stores that Genesys has wiped the list for this upload, and resets the list's register. Does
 * nothing if no overwrite is running, or if the wipe is already stored.
 */
export const recordCleared = async (run: DeliveryRun): Promise<void> => {
  if (!isUnderWay(run)) return
  const { delivery, emit } = run.deps
  const { id: uploadId, contactListId } = run.upload
  const audit = auditOf(run, { action: 'list.cleared', object: contactListId })
  await delivery.recordCleared(run.claim, { uploadId, audit })
  const clearedSeq = run.upload.acceptedSeq ?? 0
  run.clearing.note({ ...run.clearing.value(), state: 'done', clearedSeq })
  emit('list.cleared', { uploadId, contactListId })
  await forget(run)
}

/**
 * Audit entries for a clearing that was intended and whose outcome is unknown at the end of the
 * upload. Empty if there was no such clearing.
 */
export const clearingNeverDone = (run: DeliveryRun): AuditEntry[] =>
  isUnderWay(run)
    ? [
        auditOf(run, {
          action: 'list.cleared',
          object: run.upload.contactListId,
          outcome: 'failed',
        }),
      ]
    : []

const forget = async (run: DeliveryRun): Promise<void> => {
  while (await run.deps.delivery.forgetCleared(run.upload.contactListId)) {
    run.lease.signal.throwIfAborted()
  }
}

/**
 * Begins to overwrite the list and stores the intent. In the platform dialect, asks Genesys to
 * clear the list. The first rows then prove the clearing, except with imports. In the guide
 * dialect, the first request wipes the list. If the list is known to be cleared for this upload,
 * does not clear it again.
 */
export const beginOverwrite = async (run: DeliveryRun): Promise<void> => {
  if (run.upload.mode !== 'overwrite') return
  if (run.clearing.value().state === 'done') {
    await forget(run)
    return
  }
  const { clearContactList } = run.deps
  if (run.clearing.value().state === null || clearContactList !== null) assertMayClear(run)
  if (run.clearing.value().state === null) await intend(run)
  if (clearContactList === null) return
  await clearList(run)
  // No row of an import can be read before the import ends, so rows cannot prove this clearing.
  if (run.upload.delivery.method === 'file') await recordCleared(run)
}

/** Outcomes after which it is unknown whether the list was wiped. */
const UNKNOWN_OUTCOME = ['unavailable', 'malformed_answer']

/**
 * Whether a request with an unknown outcome has wiped the list. `rows`: how many rows the request
 * had. The list was wiped if its size changed and is at most `rows`. Returns false if Genesys gives
 * no size. This is safe: nothing else was sent yet, so a second wipe loses nothing.
 */
const wasWiped = (run: DeliveryRun, rows: number): boolean => {
  const size = run.reading.list()?.size ?? null
  const before = run.clearing.value().sizeBefore
  return size !== null && before !== null && size !== before && size <= rows
}

/**
 * Sends the first request of an overwrite. If this request was already tried with an unknown
 * outcome, in this run or in an earlier run (`inDoubt`), first reads the list. If the list was
 * wiped, appends the same rows, which upserts them [guide-api: Contacts].
 */
export const sendWiping = <T>(
  run: DeliveryRun,
  about: { rows: number; inDoubt: boolean; tries: Tries },
  send: (mode: UploadMode, context: CallContext) => Promise<T>,
): Promise<T> => {
  const { tries } = about
  let { inDoubt } = about
  return callGenesys(
    run,
    'delivery',
    async (context) => {
      if (inDoubt) await checkList(run)
      const mode = inDoubt && wasWiped(run, about.rows) ? 'append' : 'overwrite'
      if (mode === 'overwrite') assertMayClear(run)
      try {
        return await send(mode, { ...context, retryForMs: 0 })
      } catch (error) {
        if (error instanceof GenesysFailure && UNKNOWN_OUTCOME.includes(error.kind)) inDoubt = true
        throw error
      }
    },
    { onConflict: () => checkList(run), tries },
  )
}

/**
 * The end of a run whose request to wipe the list failed for good. It is unknown whether Genesys
 * has wiped the list, so nothing must be appended.
 */
export const overwriteFailed = (): DeliveryEnds =>
  new DeliveryEnds({
    kind: 'fail',
    problem: {
      code: 'overwrite-failed',
      detail:
        'Genesys accepted the request to replace the contents of the list, but did not complete it.',
    },
  })
