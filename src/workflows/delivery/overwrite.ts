import type { AuditEntry } from '../../domain/audit/audit.ts'
import { GenesysFailure } from '../../domain/genesys/genesys-failure.ts'
import type { UploadMode } from '../../domain/uploads/upload-options.ts'
import type { CallContext } from '../ports/genesys/genesys.ts'
import { callGenesys } from './call-genesys.ts'
import { clearList } from './clear-list.ts'
import { checkList } from './list-state.ts'
import type { DeliveryRun } from './run.ts'
import { auditOf, DeliveryEnds } from './run.ts'

/**
 * Whether the next request is the one that wipes the list (guide): intended, and not known to be
 * done.
 */
export const wipesNext = (run: DeliveryRun): boolean =>
  run.upload.mode === 'overwrite' &&
  run.clearing.state !== 'done' &&
  run.deps.clearContactList === null

/**
 * Clearing now would delete what a later upload has brought. Newer content always wins [design: 3].
 */
const assertMayClear = (run: DeliveryRun): void => {
  const { clearedSeq, newerDelivered } = run.clearing
  if (!newerDelivered && clearedSeq <= (run.upload.acceptedSeq ?? 0)) return
  const detail = 'A later upload was delivered to the list while this one waited.'
  throw new DeliveryEnds({ kind: 'fail', problem: { code: 'overwrite-superseded', detail } })
}

const intend = async (run: DeliveryRun): Promise<void> => {
  const sizeBefore = run.list?.size ?? null
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
  run.clearing = { ...run.clearing, state: 'intended', sizeBefore }
}

const isUnderWay = ({ upload, clearing }: DeliveryRun): boolean =>
  upload.mode === 'overwrite' && (clearing.state === 'intended' || clearing.state === 'asked')

/**
 * Stores that Genesys has wiped the list for this upload, once, together with the register's reset.
 * Does nothing if no overwrite is running.
 */
export const recordCleared = async (run: DeliveryRun): Promise<void> => {
  if (!isUnderWay(run)) return
  const { delivery, emit } = run.deps
  const { id: uploadId, contactListId } = run.upload
  const audit = auditOf(run, { action: 'list.cleared', object: contactListId })
  await delivery.recordCleared(run.claim, { uploadId, audit })
  run.clearing = { ...run.clearing, state: 'done', clearedSeq: run.upload.acceptedSeq ?? 0 }
  emit('list.cleared', { uploadId, contactListId })
  await forget(run)
}

/** Audit entries for an intent to clear whose outcome was never known. Empty if there is none. */
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
 * Begins to overwrite the list. Stores the intent. If the dialect has a call that clears a list,
 * makes it, and the first rows then prove the clearing. In the other dialect the first request
 * wipes the list. Once a list is known to be clear for this upload, it is never cleared for it
 * again.
 */
export const beginOverwrite = async (run: DeliveryRun): Promise<void> => {
  if (run.upload.mode !== 'overwrite') return
  if (run.clearing.state === 'done') {
    await forget(run)
    return
  }
  const { clearContactList } = run.deps
  if (run.clearing.state === null || clearContactList !== null) assertMayClear(run)
  if (run.clearing.state === null) await intend(run)
  if (clearContactList === null) return
  await clearList(run)
  // No rows of an import can be read before it ends.
  if (run.upload.delivery.method === 'file') await recordCleared(run)
}

/** Outcomes after which nobody knows whether the list was wiped. */
const UNKNOWN_OUTCOME = ['unavailable', 'malformed_answer']

/**
 * Whether a request of this many rows, with an unknown outcome, has wiped the list. It has if the
 * size changed and is at most the number of rows that came with it. If Genesys gives no size, no is
 * the safe answer: nothing else was sent yet, so wiping again loses nothing.
 */
const wasWiped = (run: DeliveryRun, rows: number): boolean => {
  const size = run.list?.size ?? null
  const before = run.clearing.sizeBefore
  return size !== null && before !== null && size !== before && size <= rows
}

/**
 * Sends the first request of an overwrite. After an unknown outcome, in this run or (`inDoubt`) an
 * earlier one, the list is read before anything is sent again. If it was wiped, the same rows are
 * appended, which upserts them [guide-api: Contacts].
 */
export const sendWiping = <T>(
  run: DeliveryRun,
  about: { rows: number; inDoubt: boolean; recordTry: () => Promise<void> },
  send: (mode: UploadMode, context: CallContext) => Promise<T>,
): Promise<T> => {
  const { recordTry } = about
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
    { onConflict: () => checkList(run), recordTry },
  )
}

/**
 * The request that should wipe the list failed for good. Nobody knows whether it wiped the list, so
 * nothing may be appended.
 */
export const overwriteFailed = (): DeliveryEnds =>
  new DeliveryEnds({
    kind: 'fail',
    problem: {
      code: 'overwrite-failed',
      detail: 'Genesys did not complete the request to replace the contents of the list.',
    },
  })
