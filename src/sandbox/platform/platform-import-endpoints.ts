import { z } from 'zod'

import type { FaultOf } from '../faults/fault-plan.ts'
import type { Call, Endpoint, SandboxState } from '../server/endpoint.ts'
import { type Answer, Refusal } from '../server/refusal.ts'
import { applyContacts, type IncomingContact, roomIn } from '../state/contact-writes.ts'
import type { LoggedEvent } from '../state/event-log.ts'
import { type ImportPlan, planImport } from '../state/import-file.ts'
import type { Place, PlacedFor } from '../state/presigned-places.ts'

/** The types of files that can be imported. */
export const CONTENT_TYPES = [
  'text/csv',
  'application/vnd.ms-excel',
  'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
] as const

/** ContactListUploadUrlRequest of SDK 262. Templates are not simulated. */
const requestSchema = z.object({
  contentType: z.enum(CONTENT_TYPES),
  id: z.string().min(1),
  contactIdName: z.string().min(1).optional(),
  clearSystemData: z.boolean().default(false),
  signedUrlTimeoutSeconds: z.int().min(1).max(604_800).default(600),
})

const STORAGE = '/_storage'

/** The answer with a pre-signed URL for one file. */
export const presignedAnswer = (
  state: SandboxState,
  call: Call,
  purpose: PlacedFor,
  seconds: number,
): Answer => {
  const place = state.places.make(purpose, seconds)
  const query = new URLSearchParams({
    'X-Amz-Expires': String(seconds),
    'X-Amz-SignedHeaders': Object.keys(place.headers).join(';').toLowerCase(),
    'X-Amz-Signature': place.signature,
  })
  const url = `http://${call.host}${STORAGE}/${place.uploadKey}?${query.toString()}`
  return { status: 200, body: { url, uploadKey: place.uploadKey, headers: place.headers } }
}

const askForPlace = (state: SandboxState, call: Call): Answer => {
  const result = requestSchema.safeParse(call.body)
  if (!result.success) {
    const path = result.error.issues[0]?.path.join('.') ?? ''
    throw new Refusal(400, 'bad.request', `The request body is not valid at ${path}.`)
  }
  const { contentType, id, contactIdName = null, clearSystemData, ...rest } = result.data
  const { signedUrlTimeoutSeconds } = rest
  const purpose = { listId: state.lists.get(id).id, contactIdName, contentType, clearSystemData }
  return presignedAnswer(state, call, purpose, signedUrlTimeoutSeconds)
}

const storageAnswer = (status: number, code: string, message: string): Answer => ({
  status,
  headers: { 'content-type': 'application/xml' },
  body: `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>${message}</Message></Error>`,
})

/** The contacts of the file that fit into the list, in the order of the file. */
const fitting = (
  held: (contactId: string) => boolean,
  room: number,
  contacts: readonly IncomingContact[],
): IncomingContact[] => {
  const fresh = new Set<string>()
  return contacts.filter(({ contactId }) => {
    if (held(contactId) || fresh.has(contactId)) return true
    if (fresh.size >= room) return false
    fresh.add(contactId)
    return true
  })
}

/** How the fault plan changes the events about an import. */
type Telling = {
  aggregated: FaultOf<'import-events-aggregated'> | null
  category: FaultOf<'import-event-category'> | null
}

/**
 * The category of an event by its code [platform-api: 2.5.5]. The category for a full list is an
 * assumption.
 */
const categoryOf = (code: string): LoggedEvent['category'] =>
  code === 'EXCEEDED_CONTACT_LIMIT' ? 'ENTITY_LIMIT' : 'IMPORT_ERROR'

/** The events to write: one for each row. If the plan aggregates them: one for each code. */
const eventsOf = (
  codes: readonly string[],
  aggregated: Telling['aggregated'],
): { code: string; messageParams: Record<string, string> }[] => {
  if (!aggregated) return codes.map((code) => ({ code, messageParams: {} }))
  return [...new Set(codes)].map((code) => {
    const count = String(codes.filter((other) => other === code).length)
    return { code, messageParams: aggregated.countGiven ? { count } : {} }
  })
}

type Ending = { place: Place; plan: ImportPlan; failureReason: string | null; telling: Telling }

/**
 * Ends an import: stores its contacts in the list, and writes the events about rows that were left
 * out (`eventsOf`). If the import fails as a whole, writes only one event.
 */
const finish = (state: SandboxState, { place, plan, failureReason, telling }: Ending): void => {
  const { listId, uploadKey: correlationId } = place
  const list = state.lists.find(listId)
  const log = (...codes: string[]) => {
    for (const { code, messageParams } of eventsOf(codes, telling.aggregated)) {
      state.events.add({
        code,
        category: telling.category?.category ?? categoryOf(code),
        message: `Import of a contact: ${code}`,
        messageParams,
        listId,
        listName: list?.name ?? '',
        correlationId,
      })
    }
  }
  if (!list) return log('IMPORT_LIST_NO_LONGER_EXISTS')
  if (failureReason !== null) return log(plan.fileCode ?? 'IMPORT_INVALID_DATA')
  log(...plan.rowCodes.filter((code) => code !== null))
  const held = (id: string): boolean => list.contacts.find(id) !== undefined
  const contacts = fitting(held, roomIn(state, list), plan.contacts)
  if (contacts.length < plan.contacts.length) log('EXCEEDED_CONTACT_LIMIT')
  state.book.count(listId, 'contactsWithoutId', plan.withoutId)
  const { clearSystemData: clears } = place
  const written = contacts.map((contact) => ({ ...contact, system: { data: {}, clears } }))
  const flags = { priority: false, doNotQueue: false, clearSystemData: clears }
  const by = { operation: 'storage', requestId: null } as const
  applyContacts(state, by, list, { contacts: written, queue: flags })
}

/**
 * Queues the import of a file of contacts. The import runs after the earlier imports of the same
 * list.
 */
const storeContacts = (state: SandboxState, call: Call, place: Place, bytes: Buffer): void => {
  const { listId, uploadKey, contactIdName } = place
  const list = state.lists.find(listId)
  if (!list) return
  const ofList = { operation: call.operation, listId }
  const taken = { id: uploadKey, listId, method: 'import', mode: 'append' } as const
  if (state.faults.pick(['import-lost'], ofList)) {
    state.activity.fileTaken({ ...taken, rows: 0 }, bytes)
    return
  }
  const telling = {
    aggregated: state.faults.pick(['import-events-aggregated'], ofList),
    category: state.faults.pick(['import-event-category'], ofList),
  }
  const reject = state.faults.pick(['reject-rows'], ofList)
  const failed = state.faults.pick(['import-failed'], ofList)
  const stuck = state.faults.pick(['import-status-stuck'], ofList)
  const plan = planImport(list, bytes, { contactIdName, reject })
  const failureReason = failed?.reason ?? plan.fileCode
  const rejected = plan.rowCodes.length
  const { rows } = plan
  const endWrite = state.book.writeInFlight(listId)
  state.activity.fileTaken({ ...taken, rows }, bytes)
  state.imports.queue({
    uploadKey,
    listId,
    rows,
    rejected,
    failureReason,
    stuckMs: stuck ? (stuck.forMs ?? Infinity) : null,
    apply: () => {
      endWrite()
      finish(state, { place, plan, failureReason, telling })
    },
  })
}

/**
 * The answer to the PUT means "stored", not "imported". The import runs later, after earlier
 * imports of the same list.
 */
const store = (state: SandboxState, call: Call): Answer => {
  const target = { operation: call.operation, listId: null }
  if (state.faults.pick(['presigned-expired'], target)) {
    return storageAnswer(403, 'AccessDenied', 'Request has expired')
  }
  const signature = call.query['X-Amz-Signature'] ?? ''
  const place = state.places.take(call.params['*'] ?? '', signature, call.headers)
  if ('code' in place) return storageAnswer(place.status, place.code, place.message)
  const bytes = Buffer.isBuffer(call.body) ? call.body : Buffer.alloc(0)
  if (place.stored) place.stored(bytes, place.uploadKey)
  else storeContacts(state, call, place, bytes)
  return { status: 200 }
}

/**
 * Files of the platform dialect: a pre-signed URL, the storage for the file, the import's status,
 * and the events about rows.
 */
export const platformImportEndpoints = (state: SandboxState): Endpoint[] => [
  {
    method: 'POST',
    path: '/api/v2/outbound/contactlists/uploads',
    operation: 'uploads',
    dialect: 'platform',
    handle: (call) => askForPlace(state, call),
  },
  {
    method: 'PUT',
    path: `${STORAGE}/*`,
    operation: 'storage',
    dialect: 'platform',
    ungated: true,
    handle: (call) => store(state, call),
  },
  {
    method: 'GET',
    path: '/api/v2/outbound/contactlists/:listId/importstatus',
    operation: 'import-status',
    dialect: 'platform',
    handle: (call) => ({
      status: 200,
      body: state.imports.status(state.lists.get(call.listId ?? '').id),
    }),
  },
  {
    method: 'GET',
    path: '/api/v2/outbound/events',
    operation: 'events',
    dialect: 'platform',
    handle: (call) => ({ status: 200, body: state.events.page(call.query) }),
  },
  {
    method: 'GET',
    path: '/api/v2/outbound/events/:eventId',
    operation: 'events',
    dialect: 'platform',
    handle: (call) => ({ status: 200, body: state.events.get(call.params['eventId'] ?? '') }),
  },
]
