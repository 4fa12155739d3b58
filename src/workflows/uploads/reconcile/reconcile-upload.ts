import { GenesysFailure } from '../../../domain/genesys/genesys-failure.ts'
import {
  NOTHING_FOUND,
  type ReconciliationFindings,
  type ReconciliationResult,
  verdictOf,
} from '../../../domain/uploads/reconciliation.ts'
import type { Upload } from '../../../domain/uploads/upload.ts'
import { seededRandom } from '../../../lib/seeded-random.ts'
import { createAsking } from './asking.ts'
import type { Asking, ReconcileDeps } from './asking.ts'
import { compareContacts, type RowFindings } from './compare-contacts.ts'
import { picked, sampleOf, stillKnown } from './sample.ts'

const SECOND = 1_000
const MINUTE = 60 * SECOND
/** When Genesys is asked again after it did not answer; then the reconciliation is unavailable. */
const AGAIN_MS = [MINUTE, 10 * MINUTE, 60 * MINUTE] as const
/** What differs is looked at once more: an index may lag up to a minute; the platform answers of what it stored. */
const DOUBT_MS = { guide: MINUTE, platform: 5 * SECOND } as const
/** The most that one call of the platform reads back. */
const MOST_CONTACTS = 50
/** Jobs asked again; each costs a call. */
const MOST_JOBS = 10

/**
 * Looks at one ended upload: what Genesys shows of it against what was sent. It writes nothing to Genesys and does not change
 * what the upload's rows are. Those that are not pending are passed over.
 */
export const createReconcileUpload =
  (deps: ReconcileDeps) =>
  async (uploadId: string): Promise<void> => {
    const open = await deps.reconciliations.load(uploadId)
    if (open === null) return
    const { upload, tries, doubted } = open
    try {
      const result = verdictOf(await findingsOf(deps, upload))
      if (result.state === 'differs' && !doubted) {
        const nextInMs = DOUBT_MS[deps.contactLists.dialect]
        await deps.reconciliations.postpone(uploadId, 'doubt', nextInMs)
        return
      }
      await conclude(deps, upload, result)
    } catch (error) {
      // The process stops: the sweep finds the upload.
      if (deps.signal.aborted) return
      if (!(error instanceof GenesysFailure)) throw error
      const nextInMs = error.retry === 'later' ? AGAIN_MS[tries] : undefined
      if (nextInMs === undefined) {
        await conclude(deps, upload, { ...NOTHING_FOUND, state: 'unavailable' })
      } else await deps.reconciliations.postpone(uploadId, 'no-answer', nextInMs)
    }
  }

const conclude = async (
  deps: ReconcileDeps,
  upload: Upload,
  result: ReconciliationResult,
): Promise<void> => {
  await deps.reconciliations.record(upload.id, result)
  const { state, sampled, missing, differences, listSize, registered } = result
  const { contactListId } = upload
  if (state === 'differs')
    deps.emit('upload.differs', { uploadId: upload.id, contactListId, sampled, missing })
  deps.emit('upload.reconciled', {
    uploadId: upload.id,
    tenantId: upload.tenantId,
    contactListId: upload.contactListId,
    state,
    sampled,
    missing,
    differences,
    listSize,
    registered,
  })
}

/**
 * With `callback` Genesys itself decides which contacts become one, and does not tell: neither counts nor contents can be held
 * against what was sent.
 */
const findingsOf = async (deps: ReconcileDeps, upload: Upload): Promise<ReconciliationFindings> => {
  if (upload.delivery.method === 'callback') return NOTHING_FOUND
  const asking = createAsking(deps, upload)
  const sample = await sampleOf(deps, asking, MOST_CONTACTS)
  const before = await deps.delivery.registerSize(upload.tenantId, upload.contactListId)
  const list = await deps.contactLists.readContactList(upload.contactListId, asking.context())
  const rows =
    deps.contactReads === null
      ? await compareJobs(deps, asking)
      : await compareContacts(deps, deps.contactReads, asking, sample)
  const after = await deps.delivery.registerSize(upload.tenantId, upload.contactListId)
  // Nothing of the sample is sure any more, or the register shrank: the list is being replaced, and the two sizes are of different times.
  const replaced = after < before || (await stillKnown(deps, asking, sample)).length === 0
  if (list.size === null || replaced) return { ...rows, ...SIZE_UNKNOWN }
  return { ...rows, listSize: list.size, registered: before }
}

const SIZE_UNKNOWN = { listSize: null, registered: null }

/** Guide: contacts cannot be read back; a job tells how many rows it took. Jobs that Genesys has forgotten say nothing. */
const compareJobs = async (deps: ReconcileDeps, asking: Asking): Promise<RowFindings> => {
  const { upload } = asking
  const jobs = await deps.reconciliations.jobs(upload.id)
  let sampled = 0
  let missing = 0
  for (const { jobId, rows } of picked(seededRandom(asking.seed), jobs, MOST_JOBS)) {
    try {
      const job = await deps.contactLists.readJob(jobId, asking.context())
      if (job.state === 'processing') continue
      sampled += rows
      missing += Math.max(0, rows - job.processed - job.failed)
    } catch (error) {
      if (!(error instanceof GenesysFailure && error.kind === 'not_found')) throw error
    }
  }
  return { sampled, missing, differences: {} }
}
