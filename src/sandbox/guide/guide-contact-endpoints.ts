import { z } from 'zod'

import type { Call, Endpoint, SandboxState } from '../server/endpoint.ts'
import type { FormPart } from '../server/multipart-form.ts'
import { type Answer, Refusal } from '../server/refusal.ts'
import {
  checkedContactId,
  contactIdColumnOf,
  type DroppedFields,
  droppedFields,
  fingerprintOf,
  type IncomingContact,
  packCells,
} from '../state/contact-writes.ts'
import { CsvFault, csvRecords } from '../state/csv-records.ts'
import type { StoredList } from '../state/list-store.ts'
import { ingest, modeOf, takingList } from './guide-ingest.ts'

/** The most objects in a request [guide-api: Contacts]. */
const BULK_ROWS = 5000

const NO_FILE = 'A multipart part named file is expected.'

const contactsOfJson = (
  state: SandboxState,
  call: Call,
  list: StoredList,
  rows: unknown,
): IncomingContact[] => {
  if (!Array.isArray(rows) || rows.length === 0) {
    throw new Refusal(400, 'invalid.body', 'A non-empty JSON array of contacts is expected.')
  }
  const dropped = droppedFields(state, call)
  const rules = { dropped, undeclaredCode: 'undeclared.field', maxChars: Infinity, empty: null }
  return rows.map((row: unknown) => {
    if (typeof row !== 'object' || row === null || Array.isArray(row)) {
      throw new Refusal(400, 'invalid.body', 'Every contact is an object.')
    }
    const { contactId, ...others } = row as Record<string, unknown>
    const values = Object.entries(list.positions.has('contactId') ? row : others)
    return {
      contactId: checkedContactId(contactId),
      cells: packCells(state, list, values, rules),
    }
  })
}

const invalidFile = (): Refusal => new Refusal(400, 'invalid.file.format', 'Invalid File Format')

/** The records of a file. Throws 400 Invalid File Format, which names no row. */
export const recordsOf = (bytes: Buffer): string[][] => {
  try {
    const records = csvRecords(bytes)
    const width = records[0]?.length ?? 0
    if (width > 0 && records.every((record) => record.length === width)) return records
  } catch (error) {
    if (!(error instanceof CsvFault)) throw error
  }
  throw invalidFile()
}

/**
 * Turns records into contacts. `names`: the names of their columns. An empty cell becomes null. A
 * row with an invalid id is not dropped here, because the job refuses such rows.
 */
export const contactsOfRecords = (
  state: SandboxState,
  list: StoredList,
  file: { names: readonly string[]; records: readonly string[][]; dropped: DroppedFields },
): IncomingContact[] => {
  const { names, records, dropped } = file
  const idAt = names.indexOf(contactIdColumnOf(list))
  if (idAt === -1) throw invalidFile()
  const rules = { dropped, undeclaredCode: 'undeclared.field', maxChars: Infinity, empty: null }
  return records.map((record) => ({
    contactId: record[idAt] ?? '',
    cells: packCells(
      state,
      list,
      names.map((name, at): [string, unknown] => [name, record[at] === '' ? null : record[at]]),
      rules,
    ),
  }))
}

/**
 * The contacts of a file. When appending, the file has no header and its columns are in the order
 * of the schema. When overwriting, the file has a header that gives the order [guide-001].
 */
const contactsOfCsv = (
  state: SandboxState,
  call: Call,
  list: StoredList,
  file: FormPart,
): IncomingContact[] => {
  const records = recordsOf(file.bytes)
  const own = list.fields.map(({ name }) => name)
  const dropped = droppedFields(state, call)
  if (modeOf(call) === 'append') {
    if (records[0]?.length !== own.length) throw invalidFile()
    return contactsOfRecords(state, list, { names: own, records, dropped })
  }
  const [names = [], ...rows] = records
  if (new Set(names).size < names.length || rows.length === 0) throw invalidFile()
  return contactsOfRecords(state, list, { names, records: rows, dropped })
}

const jsonOf = (bytes: Buffer): unknown => {
  try {
    return JSON.parse(bytes.toString('utf8'))
  } catch {
    throw invalidFile()
  }
}

const bulk = (state: SandboxState, call: Call): Answer => {
  const mode = modeOf(call)
  const list = takingList(state, call)
  if (Array.isArray(call.body) && call.body.length > BULK_ROWS) {
    throw new Refusal(413, 'request.entity.too.large', `At most ${BULK_ROWS} objects a request.`)
  }
  const contacts = contactsOfJson(state, call, list, call.body)
  noteRequest(state, call, list, contacts)
  const { jobId, ready } = ingest(state, call, list, { contacts, mode })
  return { status: 200, body: { jobId }, ...(ready ? { ready } : {}) }
}

/** Notes the request, so that the ledger can count repeated requests. */
export const noteRequest = (
  state: SandboxState,
  call: Call,
  list: StoredList,
  contacts: readonly IncomingContact[],
): void => {
  const ids = contacts.map(({ contactId }) => contactId)
  state.book.requestId(call.requestId, fingerprintOf(list.id, ids))
}

const upload = (state: SandboxState, call: Call): Answer => {
  const mode = modeOf(call)
  const list = takingList(state, call)
  const file = z
    .array(z.custom<FormPart>((part) => (part as FormPart).name === 'file'))
    .length(1)
    .safeParse(call.form).data?.[0]
  if (!file) throw new Refusal(400, 'invalid.body', NO_FILE)
  const json = file.contentType.startsWith('application/json')
  const contacts = json
    ? contactsOfJson(state, call, list, jsonOf(file.bytes))
    : contactsOfCsv(state, call, list, file)
  noteRequest(state, call, list, contacts)
  const { jobId, ready } = ingest(state, call, list, { contacts, mode })
  state.activity.fileTaken(
    { id: jobId, listId: list.id, method: 'file', mode, rows: contacts.length },
    file.bytes,
  )
  return { status: 200, body: { jobId }, ...(ready ? { ready } : {}) }
}

/** Contacts of the guide dialect: bulk requests, files, and the jobs that report their outcome. */
export const guideContactEndpoints = (state: SandboxState): Endpoint[] => [
  {
    method: 'POST',
    path: '/api/v2/outbound/lists/:listId/contacts/bulk',
    operation: 'bulk',
    dialect: 'guide',
    writesContacts: true,
    handle: (call) => bulk(state, call),
  },
  {
    method: 'POST',
    path: '/api/v2/outbound/lists/:listId/contacts/upload',
    operation: 'file',
    dialect: 'guide',
    writesContacts: true,
    handle: (call) => upload(state, call),
  },
  {
    method: 'GET',
    path: '/api/v2/outbound/jobs/:jobId',
    operation: 'job',
    dialect: 'guide',
    handle: (call) => ({ status: 200, body: state.jobs.describe(call.params['jobId'] ?? '') }),
  },
]
