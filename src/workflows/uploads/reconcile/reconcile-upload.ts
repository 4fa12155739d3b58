import { GenesysFailure } from '../../../domain/genesys/genesys-failure.ts'
import {
  NOTHING_FOUND,
  type ReconciliationFindings,
  type ReconciliationResult,
  verdictOf,
} from '../../../domain/uploads/reconciliation.ts'
import type { Upload } from '../../../domain/uploads/upload.ts'
import { seededRandom } from '../../../lib/seeded-random.ts'
import type { ContactReadPort, OpenReconciliation } from '../../ports/uploads/reconciliation.ts'
import { createAsking } from './asking.ts'
import type { Asking, ReconcileDeps } from './asking.ts'
import { compareContacts, type Held, type RowFindings } from './compare-contacts.ts'
import { picked, sampleOf, type SampleRow, stillKnown } from './sample.ts'

const SECOND = 1_000
const MINUTE = 60 * SECOND
/**
 * The wait before each further try if Genesys does not answer. If the last try fails too, or if
 * Genesys refuses permanently, the reconciliation is `unavailable`.
 */
const AGAIN_MS = [MINUTE, 10 * MINUTE, 60 * MINUTE] as const
/**
 * The wait before differences are checked a second time. The index of the guide dialect may lag up
 * to a minute. The platform shows immediately what it has stored.
 */
const DOUBT_MS = { guide: MINUTE, platform: 5 * SECOND } as const
/** The most contacts that one call of the platform returns. */
const MOST_CONTACTS = 50
/** The most jobs that are read again. Each job costs a call. */
const MOST_JOBS = 10

/**
 * Compares what Genesys shows with what was sent, for an ended upload and the other due uploads of
 * its tenant and list. Stores a result for each upload, with two exceptions. An upload that differs
 * for the first time is checked once more later. If Genesys does not answer, all uploads are
 * checked again later. Writes nothing to Genesys and does not change the rows. Skips uploads whose
 * check is not pending.
 */
export const createReconcileUpload =
  (deps: ReconcileDeps) =>
  async (uploadId: string): Promise<void> => {
    const open = await deps.reconciliations.load(uploadId)
    if (open.length === 0) return
    try {
      const findings = await findingsOf(
        deps,
        open.map(({ upload }) => upload),
      )
      const doubted: string[] = []
      for (const [index, found] of findings.entries()) {
        const { upload, doubted: again } = open[index]!
        const result = verdictOf(found)
        if (result.state === 'differs' && !again) doubted.push(upload.id)
        else await conclude(deps, upload, result)
      }
      const nextInMs = DOUBT_MS[deps.contactLists.dialect]
      if (doubted.length > 0) await deps.reconciliations.postpone(doubted, 'doubt', nextInMs)
    } catch (error) {
      // The process is stopping. The sweep finds these uploads again.
      if (deps.signal.aborted) return
      if (!(error instanceof GenesysFailure)) throw error
      await askLater(deps, open, error)
    }
  }

const askLater = async (
  deps: ReconcileDeps,
  open: readonly OpenReconciliation[],
  failure: GenesysFailure,
): Promise<void> => {
  const tries = Math.max(...open.map((one) => one.tries))
  const nextInMs = failure.retry === 'later' ? AGAIN_MS[tries] : undefined
  const ids = open.map(({ upload }) => upload.id)
  if (nextInMs !== undefined) {
    await deps.reconciliations.postpone(ids, 'no-answer', nextInMs)
    return
  }
  for (const { upload } of open) {
    await conclude(deps, upload, { ...NOTHING_FOUND, state: 'unavailable' })
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
 * The findings for each upload, in the order of the uploads. The list is read once. In the platform
 * dialect, one call reads the sampled contacts of all uploads. In the guide dialect, jobs are read
 * instead.
 */
const findingsOf = async (
  deps: ReconcileDeps,
  uploads: readonly Upload[],
): Promise<ReconciliationFindings[]> => {
  const first = uploads[0]!
  // Genesys decides which contacts it merges into one, and does not report which. So neither the
  // counts nor the contents can be compared with what was sent.
  if (first.delivery.method === 'callback') return uploads.map(() => NOTHING_FOUND)
  const { tenantId, contactListId } = first
  const askings = uploads.map((upload) => createAsking(deps, upload))
  const asking = askings[0]!
  const samples = await samplesOf(deps, askings)
  const before = await deps.delivery.registerSize(tenantId, contactListId)
  const list = await deps.contactLists.readContactList(contactListId, asking.context())
  await deps.lists.put(list)
  const rows =
    deps.contactReads === null
      ? await compareJobs(deps, uploads, asking)
      : await compareAll(deps, deps.contactReads, askings, samples)
  const after = await deps.delivery.registerSize(tenantId, contactListId)
  // If the register has shrunk, or if it has lost the content of all sampled rows, the list may
  // have been replaced in the meantime. The sizes of the list and of the register could then belong
  // to different times, so they are not compared.
  const sure: boolean[] = []
  for (const [index, own] of askings.entries()) {
    sure.push((await stillKnown(deps, own, samples[index]!)).length > 0)
  }
  return rows.map((found, index) => {
    const own = samples[index]!.length > 0 ? sure[index]! : sure.includes(true)
    const known = list.size !== null && after >= before && own
    return { ...found, ...(known ? { listSize: list.size, registered: before } : SIZE_UNKNOWN) }
  })
}

const SIZE_UNKNOWN = { listSize: null, registered: null }

/**
 * A sample of rows for each upload, so small that one call can read all samples together. If there
 * are more uploads than contacts in a call, only a random choice of the uploads gets a row.
 */
const samplesOf = async (
  deps: ReconcileDeps,
  askings: readonly Asking[],
): Promise<SampleRow[][]> => {
  const looked = new Set(picked(seededRandom(askings[0]!.seed), askings, MOST_CONTACTS))
  const share = Math.floor(MOST_CONTACTS / looked.size)
  const samples: SampleRow[][] = []
  for (const asking of askings) {
    samples.push(looked.has(asking) ? await sampleOf(deps, asking, share) : [])
  }
  return samples
}

/** Platform: reads the contacts of all samples with one call and compares them. */
const compareAll = async (
  deps: ReconcileDeps,
  reads: ContactReadPort,
  askings: readonly Asking[],
  samples: readonly SampleRow[][],
): Promise<RowFindings[]> => {
  const ids = [...new Set(samples.flat().map(({ contactId }) => contactId))]
  const { upload, context } = askings[0]!
  const held: Held =
    ids.length === 0 ? new Map() : await reads.readContacts(upload.contactListId, ids, context())
  const findings: RowFindings[] = []
  for (const [index, asking] of askings.entries()) {
    findings.push(await compareContacts(deps, held, asking, samples[index]!))
  }
  return findings
}

/**
 * Guide: contacts cannot be read, but a job shows how many rows Genesys processed. Reads at most
 * `MOST_JOBS` jobs, chosen at random. Skips jobs that Genesys still processes or no longer knows,
 * and jobs without a number of processed rows. The job of a shared request is read once and counts
 * for every upload in it.
 */
const compareJobs = async (
  deps: ReconcileDeps,
  uploads: readonly Upload[],
  asking: Asking,
): Promise<RowFindings[]> => {
  const all = await deps.reconciliations.jobs(uploads.map(({ id }) => id))
  const rowsOf = new Map(all.map(({ jobId, rows }) => [jobId, rows]))
  const found = new Map<string, { sampled: number; missing: number }>()
  for (const [jobId, rows] of picked(seededRandom(asking.seed), [...rowsOf], MOST_JOBS)) {
    try {
      const job = await deps.contactLists.readJob(jobId, asking.context())
      if (job.state === 'processing' || job.processed === null) continue
      const missing = Math.max(0, rows - job.processed - job.failed)
      found.set(jobId, { sampled: rows, missing })
    } catch (error) {
      if (!(error instanceof GenesysFailure && error.kind === 'not_found')) throw error
    }
  }
  return uploads.map(({ id }) => {
    const own = all.flatMap(({ uploadId, jobId }) =>
      uploadId === id ? (found.get(jobId) ?? []) : [],
    )
    const sum = (of: 'sampled' | 'missing') => own.reduce((total, one) => total + one[of], 0)
    return { sampled: sum('sampled'), missing: sum('missing'), differences: {} }
  })
}
