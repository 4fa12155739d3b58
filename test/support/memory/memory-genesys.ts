import { parse as parseCsv } from 'csv-parse/sync'

import type { ContactList } from '../../../src/domain/contact-lists/contact-list.ts'
import {
  GenesysFailure,
  type GenesysRowError,
} from '../../../src/domain/genesys/genesys-failure.ts'
import type { GenesysRowCode } from '../../../src/domain/genesys/genesys-rejections.ts'
import type { UploadMode } from '../../../src/domain/uploads/upload-options.ts'
import { isRefusal } from '../../../src/genesys/calls/failures.ts'
import type {
  ContactFilePart,
  ContactFilePort,
} from '../../../src/workflows/ports/delivery/contact-files.ts'
import type {
  BatchAnswer,
  BatchToSend,
  CallContext,
  ContactListPort,
  JobStatus,
} from '../../../src/workflows/ports/genesys/genesys.ts'

export type MemoryGenesys = ContactListPort & {
  /** Takes files as the guide dialect does. Their rows arrive like those of batches. */
  contactFiles: ContactFilePort
  files: (ContactFilePart & { mode: string; records: string[][] })[]
  /** Called before a file is applied. May throw a failure. */
  onFile: (file: MemoryGenesys['files'][number], attempt: number) => void
  list: ContactList
  /** Every request, in order. */
  sent: BatchToSend[]
  /** The content of each contact by its id, as it really arrived. */
  contacts: Map<string, string>
  /** Called before a request is applied. May throw a failure or return errors for the job. */
  onSend: (batch: BatchToSend, attempt: number) => void
  onRead: () => void
  /** Changes the status of a job. `look` counts the reads of any job. */
  onJob: (job: JobStatus, jobId: string, look: number) => JobStatus
  contexts: CallContext[]
}

/** Takes a request, and reports it to the caller if it is refused, as the real client does. */
const refusing = async (context: CallContext, take: () => void): Promise<void> => {
  try {
    take()
  } catch (error) {
    const refused =
      error instanceof GenesysFailure && (error.retry === 'never' || isRefusal(error.status))
    if (refused) await context.afterRefusal?.()
    throw error
  }
}

/**
 * Genesys in memory. It applies what it is sent immediately. `jobs`: it answers with a job that is
 * read later.
 */
export const createMemoryGenesys = (
  about: { jobs?: boolean; batchRows?: number; fileBytes?: number } = {},
): MemoryGenesys => {
  const jobs = new Map<string, JobStatus>()
  let looks = 0
  const answerWithJob = (processed: number): string => {
    const jobId = `job-${jobs.size + 1}`
    jobs.set(jobId, { state: 'completed', processed, failed: 0, errors: [] })
    return jobId
  }
  const takeFile = async (
    part: ContactFilePart,
    mode: UploadMode | 'callback',
    context: CallContext,
  ): Promise<{ jobId: string }> => {
    context.signal.throwIfAborted()
    await context.beforeSend?.()
    const all = parseCsv(part.csv)
    const records = mode === 'append' ? all : all.slice(1)
    const file = { ...part, mode, records }
    genesys.files.push(file)
    await refusing(context, () => genesys.onFile(file, genesys.files.length))
    if (mode === 'overwrite') genesys.contacts.clear()
    for (const record of records) genesys.contacts.set(record[0]!, record.join())
    return { jobId: answerWithJob(records.length) }
  }
  const genesys: MemoryGenesys = {
    dialect: about.jobs ? 'guide' : 'platform',
    limits: {
      batchRows: about.batchRows ?? 1000,
      batchBytes: 10_000_000,
      columns: null,
      headerChars: null,
      cellChars: null,
    },
    list: {
      id: 'list-1',
      name: 'one',
      status: 'ready',
      schemaVersion: 'v1',
      columns: [
        { name: 'id', kind: 'text', required: true },
        { name: 'note', kind: 'text', required: false },
      ],
      size: null,
    },
    sent: [],
    files: [],
    onFile: () => undefined,
    contactFiles: {
      limits: { fileBytes: about.fileBytes ?? 10_000_000 },
      sendFile: (part, context) => takeFile(part, part.mode, context),
      sendCallbackFile: (part, context) => takeFile(part, 'callback', context),
      startImport: null,
      readImport: null,
      readImportEvents: null,
      readJob: (jobId, context) => genesys.readJob(jobId, context),
    },
    contacts: new Map(),
    contexts: [],
    onSend: () => undefined,
    onRead: () => undefined,
    onJob: (job) => job,
    listContactLists: async () => {
      genesys.onRead()
      return [{ id: genesys.list.id, name: genesys.list.name }]
    },
    readContactList: async () => {
      genesys.onRead()
      return genesys.list
    },
    serialise: () => Buffer.alloc(0),
    sendBatch: async (given, context): Promise<BatchAnswer> => {
      context.signal.throwIfAborted()
      await context.beforeSend?.()
      const batch = typeof given === 'function' ? given() : given
      genesys.contexts.push(context)
      genesys.sent.push(batch)
      await refusing(context, () => genesys.onSend(batch, genesys.sent.length))
      if (batch.mode === 'overwrite') genesys.contacts.clear()
      const width = batch.columns.length
      for (const [row, id] of batch.contactIds.entries()) {
        genesys.contacts.set(id, batch.cells.slice(row * width, (row + 1) * width).join())
      }
      if (!about.jobs) return { kind: 'ingested' }
      return { kind: 'accepted', jobId: answerWithJob(batch.contactIds.length) }
    },
    readJob: async (jobId) => {
      looks += 1
      const job = jobs.get(jobId)
      if (job === undefined) throw new GenesysFailure('not_found', 'readJob', { status: 404 })
      return genesys.onJob(job, jobId, looks)
    },
  }
  return genesys
}

/** The error of a row that Genesys names. */
export const rowError = (
  index: number,
  code: GenesysRowCode = 'genesys-refused',
): GenesysRowError => ({ index, contactId: null, field: 'note', code, said: null })

/** Refuses every request that has one of these ids, with or without naming them. */
export const refuseIds =
  (ids: readonly string[], named: boolean) =>
  (batch: BatchToSend): void => {
    const bad = batch.contactIds.flatMap((id, index) => (ids.includes(id) ? [index] : []))
    if (bad.length === 0) return
    const rowErrors = named ? bad.map((index) => rowError(index)) : []
    const about = { status: 400, upstreamCode: 'odd.value', rowErrors }
    throw new GenesysFailure('rows_refused', 'sendBatch', about)
  }
