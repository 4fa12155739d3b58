import { randomUUID } from 'node:crypto'

import { z } from 'zod'

import type { Call, Endpoint, SandboxState } from '../server/endpoint.ts'
import { type Answer, Refusal } from '../server/refusal.ts'
import {
  applyContacts,
  checkedContactId,
  clearContacts,
  type DroppedFields,
  droppedFields,
  fingerprintOf,
  type IncomingContact,
  noteApplied,
  packCells,
  roomIn,
} from '../state/contact-writes.ts'
import { fieldsOf, type StoredList } from '../state/list-store.ts'
import { PLATFORM_LIMITS } from './platform-limits.ts'

/** WritableDialerContact and the read-only members of DialerContact, which a PUT may send back. */
const contactSchema = z.strictObject({
  id: z.string().optional(),
  name: z.string().optional(),
  contactListId: z.string(),
  data: z.record(z.string(), z.unknown()),
  callable: z.boolean().optional(),
  phoneNumberStatus: z.record(z.string(), z.unknown()).optional(),
  contactableStatus: z.record(z.string(), z.unknown()).optional(),
  latestSmsEvaluations: z.record(z.string(), z.unknown()).optional(),
  latestEmailEvaluations: z.record(z.string(), z.unknown()).optional(),
  latestWhatsAppEvaluations: z.record(z.string(), z.unknown()).optional(),
  callRecords: z.record(z.string(), z.unknown()).optional(),
  contactColumnTimeZones: z.record(z.string(), z.unknown()).optional(),
  configurationOverrides: z.unknown().optional(),
  dateCreated: z.string().optional(),
  selfUri: z.string().optional(),
})

const describe = (list: StoredList, contactId: string, cells: string) => ({
  id: contactId,
  contactListId: list.id,
  data: Object.fromEntries(
    Object.entries(fieldsOf(list, cells)).map(([name, value]) => [name, value ?? '']),
  ),
  callable: true,
  phoneNumberStatus: {},
  contactableStatus: {},
  selfUri: `/api/v2/outbound/contactlists/${list.id}/contacts/${contactId}`,
})

const parsedContact = (
  state: SandboxState,
  list: StoredList,
  body: unknown,
  dropped: DroppedFields,
): IncomingContact => {
  const result = contactSchema.safeParse(body)
  if (!result.success) {
    const path = result.error.issues[0]?.path.join('.') ?? ''
    throw new Refusal(400, 'invalid.property', `A contact is not valid at ${path}.`)
  }
  const { id, contactListId, data } = result.data
  if (contactListId !== list.id) {
    throw new Refusal(400, 'invalid.contact.list', 'contactListId is not the list of the path.')
  }
  if (id === undefined) state.book.count(list.id, 'contactsWithoutId')
  return {
    contactId: id === undefined ? randomUUID() : checkedContactId(id),
    cells: packCells(state, list, Object.entries(data), {
      dropped,
      undeclaredCode: 'invalid.contact.columns',
      maxChars: PLATFORM_LIMITS.cellChars,
      empty: '',
    }),
  }
}

const FLAGS = ['priority', 'clearSystemData', 'doNotQueue']

/** Adds carry no result of each contact: one that is bad fails the whole call. */
const add = (state: SandboxState, call: Call): Answer => {
  const list = state.lists.get(call.listId ?? '')
  const odd = FLAGS.find((flag) => !['true', 'false', undefined].includes(call.query[flag]))
  if (odd) throw new Refusal(400, 'bad.request', `${odd} is true or false.`)
  if (!Array.isArray(call.body)) {
    throw new Refusal(400, 'bad.request', 'A JSON array of contacts is expected.')
  }
  const most = PLATFORM_LIMITS.contactsPerRequest
  if (call.body.length > most) {
    throw new Refusal(400, 'too.many.contacts.added', `At most ${most} contacts can be added.`, {
      messageParams: { max: String(most) },
    })
  }
  const dropped = droppedFields(state, call)
  const contacts = call.body.map((body: unknown) => parsedContact(state, list, body, dropped))
  const ids = contacts.map(({ contactId }) => contactId)
  state.book.requestId(call.requestId, fingerprintOf(list.id, ids))
  const rule = state.faults.pick(['reject-rows'], call, ({ contactIds, everyNth }) =>
    ids.some(
      (id, index) =>
        contactIds?.includes(id) === true ||
        (everyNth !== undefined && (index + 1) % everyNth === 0),
    ),
  )
  if (rule) throw new Refusal(400, 'invalid.contact.id', rule.message)
  const added = ids.reduce((sum, id) => sum + (list.contacts.cellsOf(id) === undefined ? 1 : 0), 0)
  if (added > roomIn(state, list)) {
    throw new Refusal(400, 'exceeded.contact.limit', 'The contact list is full.')
  }
  applyContacts(state, call, list, contacts)
  return {
    status: 200,
    body: contacts.map(({ contactId, cells }) => describe(list, contactId, JSON.stringify(cells))),
  }
}

const one = (state: SandboxState, call: Call) => {
  const list = state.lists.get(call.listId ?? '')
  const contactId = call.params['contactId'] ?? ''
  const cells = list.contacts.cellsOf(contactId)
  if (cells === undefined) {
    throw new Refusal(404, 'contact.not.found', 'The contact was not found.')
  }
  return { list, contactId, cells }
}

const read = (state: SandboxState, call: Call): Answer => {
  const { list, contactId, cells } = one(state, call)
  return { status: 200, body: describe(list, contactId, cells) }
}

const replace = (state: SandboxState, call: Call): Answer => {
  const { list, contactId } = one(state, call)
  const contact = parsedContact(
    state,
    list,
    { ...(call.body as object), id: contactId },
    droppedFields(state, call),
  )
  applyContacts(state, call, list, [contact])
  return { status: 200, body: describe(list, contactId, JSON.stringify(contact.cells)) }
}

const remove = (state: SandboxState, call: Call): Answer => {
  const { list, contactId } = one(state, call)
  list.revision += 1
  list.contacts.remove(contactId)
  noteApplied(state, call, list, 1)
  return { status: 204 }
}

/** `POST …/contacts/bulk` reads by ids: a trap for who takes it for an append. */
const readMany = (state: SandboxState, call: Call): Answer => {
  const list = state.lists.get(call.listId ?? '')
  const ids = z.array(z.string()).max(PLATFORM_LIMITS.contactsPerRead).safeParse(call.body)
  if (!ids.success) {
    throw new Refusal(400, 'bad.request', 'An array of at most 50 contact ids is expected.')
  }
  return {
    status: 200,
    body: ids.data.flatMap((contactId) => {
      const cells = list.contacts.cellsOf(contactId)
      return cells === undefined ? [] : [describe(list, contactId, cells)]
    }),
  }
}

const clear = (state: SandboxState, call: Call): Answer => {
  const list = state.lists.get(call.listId ?? '')
  const lag = state.faults.pick(['clear-lag'], call)
  if (!lag) clearContacts(state, call, list)
  else {
    const atMs = state.clock.monotonicMs() + (lag.lagMs ?? Infinity)
    state.effects.add({ atMs, apply: () => clearContacts(state, call, list) })
  }
  return { status: 204 }
}

/** Contacts of the platform dialect: add and update by id, read, clear. */
export const platformContactEndpoints = (state: SandboxState): Endpoint[] => {
  const base = '/api/v2/outbound/contactlists/:listId'
  const call = (
    method: Endpoint['method'],
    path: string,
    operation: Endpoint['operation'],
    effect: (state: SandboxState, call: Call) => Answer,
    writesContacts: boolean,
  ): Endpoint => ({
    method,
    path: base + path,
    operation,
    dialect: 'platform',
    writesContacts,
    handle: (found) => effect(state, found),
  })
  return [
    call('POST', '/contacts', 'contacts', add, true),
    call('POST', '/contacts/bulk', 'contact', readMany, false),
    call('GET', '/contacts/:contactId', 'contact', read, false),
    call('PUT', '/contacts/:contactId', 'contact', replace, true),
    call('DELETE', '/contacts/:contactId', 'contact', remove, true),
    call('POST', '/clear', 'clear', clear, true),
  ]
}
