import { z } from 'zod'

import {
  type Call,
  type Endpoint,
  platformEndpoint,
  type SandboxState,
} from '../server/endpoint.ts'
import type { Answer } from '../server/refusal.ts'
import type { BulkJob } from '../state/bulk-jobs.ts'
import type { StoredContact } from '../state/contact-table.ts'
import { applyContacts, noteApplied } from '../state/contact-writes.ts'
import type { StoredList } from '../state/list-store.ts'
import { criteriaSchema, matcherOf } from './contact-criteria.ts'
import { describeContact, patchedCells, patchSchema, systemDataIn } from './contact-entity.ts'
import { exportedCsv } from './contact-export.ts'
import { criteriaOf, readingOf } from './platform-filter-endpoints.ts'
import { refuse } from './platform-list-rules.ts'

const BASE = '/api/v2/outbound/contactlists/:listId'

/**
 * Which contacts a call concerns: those with these ids, or those that fulfil the filter or the
 * criteria.
 */
const selectionShape = {
  contactListFilterId: z.string().optional(),
  criteria: criteriaSchema.optional(),
  contactIds: z.array(z.string()).optional(),
}
const selectionSchema = z.object(selectionShape)
type Selection = z.output<typeof selectionSchema>

const sortSchema = z.object({
  fieldName: z.string(),
  direction: z.enum(['ASC', 'DESC']).default('ASC'),
  numeric: z.boolean().default(false),
})
const searchSchema = z.object({
  ...selectionShape,
  pageNumber: z.int().min(1),
  pageSize: z.int().min(1).max(100),
  contactSorts: z.array(sortSchema).default([]),
})
const removeSchema = z.object({
  contactListFilterId: z.string().optional(),
  criteria: criteriaSchema.optional(),
  generateDownloadURI: z.boolean().default(true),
})
const updateSchema = z.object({
  ...selectionShape,
  contact: patchSchema,
  generateDownloadURI: z.boolean().default(true),
})

const parsed = <S extends z.ZodType>(schema: S, body: unknown): z.output<S> => {
  const result = schema.safeParse(body)
  if (result.success) return result.data
  const path = result.error.issues[0]?.path.join('.') ?? ''
  return refuse('bad.request', `The request body is not valid at ${path}.`)
}

const allOf = (list: StoredList): StoredContact[] => list.contacts.page(0, Infinity).contacts

/** The contacts that the call selects. All contacts if it names no selection. Throws a refusal. */
const selected = (state: SandboxState, list: StoredList, selection: Selection): StoredContact[] => {
  const { contactListFilterId, criteria, contactIds } = selection
  const filter = contactListFilterId === undefined ? null : state.filters.get(contactListFilterId)
  if (contactIds) {
    return contactIds.flatMap((id) => list.contacts.find(id) ?? [])
  }
  const meant = filter ? criteriaOf(filter) : criteria
  if (!meant) return allOf(list)
  const matches = matcherOf(list, meant, readingOf(state))
  return allOf(list).filter(({ cells }) => matches(cells))
}

type Sort = z.output<typeof sortSchema>

const sortedBy = (list: StoredList, contacts: StoredContact[], sorts: readonly Sort[]) => {
  for (const { fieldName, direction, numeric } of sorts.toReversed()) {
    const position = list.positions.get(fieldName)
    if (position === undefined) {
      refuse('column.does.not.match.contact.list', 'A column is not one of the contact list.')
    }
    const cellOf = ({ cells }: StoredContact): string =>
      (JSON.parse(cells) as (string | null)[])[position ?? 0] ?? ''
    const sign = direction === 'ASC' ? 1 : -1
    contacts = contacts.toSorted((a, b) =>
      numeric
        ? sign * (Number(cellOf(a)) - Number(cellOf(b)))
        : sign * (cellOf(a) < cellOf(b) ? -1 : cellOf(a) > cellOf(b) ? 1 : 0),
    )
  }
  return contacts
}

const search = (state: SandboxState, list: StoredList, call: Call): Answer => {
  const { pageNumber, pageSize, contactSorts, ...selection } = parsed(searchSchema, call.body)
  const found = sortedBy(list, selected(state, list, selection), contactSorts)
  return {
    status: 200,
    body: {
      entities: found
        .slice((pageNumber - 1) * pageSize, pageNumber * pageSize)
        .map((contact) => describeContact(list, contact)),
      pageNumber,
      pageSize,
      total: found.length,
      contactsCount: list.contacts.size,
      pageCount: Math.ceil(found.length / pageSize),
      selfUri: `/api/v2/outbound/contactlists/${list.id}/contacts/search`,
    },
  }
}

const describeJob = (job: BulkJob) => ({
  id: job.id,
  state: job.state,
  type: job.type,
  totalRecords: job.total,
  completedRecords: job.state === 'Complete' ? job.total : 0,
  percentComplete: job.state === 'Complete' ? 100 : 0,
  ...(job.failure ? { failureReason: job.failure } : {}),
  ...(job.downloadUri === null ? {} : { downloadURI: job.downloadUri }),
  selfUri: `/api/v2/outbound/contactlists/${job.listId}/contacts/bulk/jobs/${job.id}`,
})

type Change = {
  type: BulkJob['type']
  contacts: StoredContact[]
  backup: boolean
  apply(contacts: StoredContact[]): void
}

/** Starts a bulk job. The backup is made and the contacts are chosen before the job begins. */
const startJob = (state: SandboxState, call: Call, list: StoredList, change: Change): Answer => {
  const { contacts } = change
  const failed = state.faults.pick(['job-failed'], call)
  const ids = contacts.map(({ contactId }) => contactId)
  const backup = change.backup ? state.exports.make(list.id, exportedCsv(list, contacts)) : null
  const job = state.bulkJobs.start(
    {
      listId: list.id,
      type: change.type,
      total: contacts.length,
      failure: failed ? { code: 'sandbox.fault', message: 'The fault plan says so.' } : null,
      downloadUri: backup && `http://${call.host}/api/v2/downloads/${backup.downloadId}`,
    },
    () => change.apply(ids.flatMap((id) => list.contacts.find(id) ?? [])),
  )
  return { status: 200, body: describeJob(job) }
}

const update = (state: SandboxState, list: StoredList, call: Call): Answer => {
  const { contact, generateDownloadURI, ...selection } = parsed(updateSchema, call.body)
  const { data = {} } = contact
  const given = systemDataIn(contact)
  const patched = ({ contactId, cells }: StoredContact) => ({
    contactId,
    cells: patchedCells(state, list, cells, data),
    system: { data: given, clears: false },
  })
  const contacts = selected(state, list, selection)
  // Tries the patch on the first contact, so that an invalid patch is refused immediately, not only
  // when the job runs.
  for (const found of contacts.slice(0, 1)) patched(found)
  return startJob(state, call, list, {
    type: 'BulkEdit',
    contacts,
    backup: generateDownloadURI,
    apply: (found) => applyContacts(state, call, list, found.map(patched)),
  })
}

const remove = (state: SandboxState, list: StoredList, call: Call): Answer => {
  const { generateDownloadURI, ...selection } = parsed(removeSchema, call.body)
  if (!selection.criteria && selection.contactListFilterId === undefined) {
    return refuse('bad.request', 'Either contactListFilterId or criteria is needed.')
  }
  return startJob(state, call, list, {
    type: 'BulkDelete',
    contacts: selected(state, list, selection),
    backup: generateDownloadURI,
    apply: (found) => {
      list.revision += 1
      for (const { contactId } of found) list.contacts.remove(contactId)
      noteApplied(state, call, list, { contacts: found.length, queue: null })
    },
  })
}

const startExport = (state: SandboxState, list: StoredList, call: Call): Answer => {
  const selection = parsed(selectionSchema, call.body ?? {})
  selected(state, list, selection)
  state.exports.start(list.id, () => exportedCsv(list, selected(state, list, selection)))
  const selfUri = `/api/v2/outbound/contactlists/${list.id}/export`
  return { status: 200, body: { id: list.id, name: list.name, selfUri } }
}

const readExport = (state: SandboxState, list: StoredList, call: Call): Answer => {
  const found = state.exports.latest(list.id)
  if (!found) return refuse('no.available.list.export.uri', 'There is no export of the list.', 404)
  const uri = `http://${call.host}/api/v2/downloads/${found.downloadId}`
  if (call.query['download'] === 'true') return { status: 302, headers: { location: uri } }
  return { status: 200, body: { uri, exportTimestamp: found.exportedAt } }
}

const download = (state: SandboxState, id: string): Answer => {
  const found = state.exports.download(id)
  if (!found) return refuse('not.found', 'The download was not found.', 404)
  return { status: 200, headers: { 'content-type': 'text/csv; charset=utf-8' }, body: found.csv }
}

/** Calls of the platform dialect for many contacts at a time: search, bulk jobs, exports. */
export const platformBulkEndpoints = (state: SandboxState): Endpoint[] => {
  const ofList = (
    method: Endpoint['method'],
    path: string,
    operation: Endpoint['operation'],
    handle: (list: StoredList, call: Call) => Answer,
  ): Endpoint =>
    platformEndpoint(method, BASE + path, operation, (call) =>
      handle(state.lists.get(call.listId ?? ''), call),
    )
  const jobs = '/contacts/bulk/jobs'
  return [
    ofList('POST', '/contacts/search', 'contacts-search', (list, call) =>
      search(state, list, call),
    ),
    ofList('POST', '/contacts/bulk/update', 'bulk-job', (list, call) => update(state, list, call)),
    ofList('POST', '/contacts/bulk/remove', 'bulk-job', (list, call) => remove(state, list, call)),
    ofList('GET', jobs, 'bulk-job', ({ id }) => {
      const entities = state.bulkJobs.latest(id).map(describeJob)
      return { status: 200, body: { entities, total: entities.length } }
    }),
    ofList('GET', `${jobs}/:jobId`, 'bulk-job', ({ id }, { params }) => ({
      status: 200,
      body: describeJob(state.bulkJobs.get(id, params['jobId'] ?? '')),
    })),
    ofList('POST', '/export', 'export', (list, call) => startExport(state, list, call)),
    ofList('GET', '/export', 'export', (list, call) => readExport(state, list, call)),
    platformEndpoint('GET', '/api/v2/downloads/:downloadId', 'export', ({ params }) =>
      download(state, params['downloadId'] ?? ''),
    ),
  ]
}
