import { z } from 'zod'

import {
  type Call,
  type Endpoint,
  platformEndpoint,
  type SandboxState,
} from '../server/endpoint.ts'
import { type Answer, Refusal } from '../server/refusal.ts'
import type { StoredContact } from '../state/contact-table.ts'
import {
  applyContacts,
  clearContacts,
  droppedFields,
  fingerprintOf,
  type IncomingContact,
  noteApplied,
  roomIn,
} from '../state/contact-writes.ts'
import type { QueueFlags } from '../state/ledger.ts'
import type { StoredList } from '../state/list-store.ts'
import { contactIn, describeContact } from './contact-entity.ts'
import { PLATFORM_LIMITS } from './platform-limits.ts'

/** The queue flags of a call. Default of each: false (SDK 262, comments of the add). */
const flagsOf = ({ query }: Call): QueueFlags => {
  const flag = (name: keyof QueueFlags): boolean => {
    const value = query[name]
    if (value !== undefined && value !== 'true' && value !== 'false') {
      throw new Refusal(400, 'bad.request', `${name} is true or false.`)
    }
    return value === 'true'
  }
  return {
    priority: flag('priority'),
    doNotQueue: flag('doNotQueue'),
    clearSystemData: flag('clearSystemData'),
  }
}

const assertRoom = (state: SandboxState, list: StoredList, ids: readonly string[]): void => {
  const added = new Set(ids.filter((id) => list.contacts.find(id) === undefined)).size
  if (added > roomIn(state, list)) {
    throw new Refusal(400, 'exceeded.contact.limit', 'The contact list is full.')
  }
}

/** Adds contacts. If one contact is invalid, the whole call fails and adds none. */
const add = (state: SandboxState, call: Call): Answer => {
  const list = state.lists.get(call.listId ?? '')
  const flags = flagsOf(call)
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
  const contacts = call.body.map((body: unknown) => contactIn(state, list, body, dropped))
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
  assertRoom(state, list, ids)
  const { priority, clearSystemData: clears } = flags
  const overrides = priority ? { configurationOverrides: { priority } } : {}
  const written = contacts.map(({ given, ...contact }) => ({
    ...contact,
    system: { data: { ...given, ...overrides }, clears },
  }))
  applyContacts(state, call, list, { contacts: written, queue: flags })
  return { status: 200, body: ids.map((id) => describeContact(list, list.contacts.find(id)!)) }
}

const one = (state: SandboxState, call: Call): { list: StoredList; contact: StoredContact } => {
  const list = state.lists.get(call.listId ?? '')
  const contact = list.contacts.find(call.params['contactId'] ?? '')
  if (contact) return { list, contact }
  throw new Refusal(404, 'contact.not.found', 'The contact was not found.')
}

const read = (state: SandboxState, call: Call): Answer => {
  const { list, contact } = one(state, call)
  return { status: 200, body: describeContact(list, contact) }
}

const replace = (state: SandboxState, call: Call): Answer => {
  const { list, contact } = one(state, call)
  const { contactId } = contact
  const body = { ...(call.body as object), id: contactId }
  const { given, cells } = contactIn(state, list, body, droppedFields(state, call))
  const incoming: IncomingContact = { contactId, cells, system: { data: given, clears: false } }
  if (!state.faults.pick(['contacts-kept'], call)) applyContacts(state, call, list, [incoming])
  return { status: 200, body: describeContact(list, list.contacts.find(contactId)!) }
}

const removeIds = (state: SandboxState, call: Call, list: StoredList, ids: readonly string[]) => {
  list.revision += 1
  const removed = ids.filter((id) => list.contacts.remove(id)).length
  noteApplied(state, call, list, { contacts: removed, queue: null })
}

const remove = (state: SandboxState, call: Call): Answer => {
  const { list, contact } = one(state, call)
  if (!state.faults.pick(['contacts-kept'], call)) removeIds(state, call, list, [contact.contactId])
  return { status: 204 }
}

/** Removes the contacts with these ids. Skips ids that the list does not have. */
const removeMany = (state: SandboxState, call: Call): Answer => {
  const list = state.lists.get(call.listId ?? '')
  const ids = call.valuesOf('contactIds')
  if (ids.length === 0 || ids.length > PLATFORM_LIMITS.contactsPerDelete) {
    throw new Refusal(400, 'bad.request', 'contactIds names 1 to 250 contacts.')
  }
  if (!state.faults.pick(['contacts-kept'], call)) removeIds(state, call, list, ids)
  return { status: 204 }
}

/**
 * `POST …/contacts/bulk` only reads contacts by their ids. A client that expects it to add contacts
 * fails here.
 */
const readMany = (state: SandboxState, call: Call): Answer => {
  const list = state.lists.get(call.listId ?? '')
  const ids = z.array(z.string()).max(PLATFORM_LIMITS.contactsPerRead).safeParse(call.body)
  if (!ids.success) {
    throw new Refusal(400, 'bad.request', 'An array of at most 50 contact ids is expected.')
  }
  return {
    status: 200,
    body: ids.data.flatMap((contactId) => {
      const contact = list.contacts.find(contactId)
      return contact ? [describeContact(list, contact)] : []
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

/** Contacts of the platform dialect: add and update by id, read, remove, clear. */
export const platformContactEndpoints = (state: SandboxState): Endpoint[] => {
  const contacts = '/api/v2/outbound/contactlists/:listId/contacts'
  const one = `${contacts}/:contactId`
  const writing = (endpoint: Endpoint): Endpoint => ({ ...endpoint, writesContacts: true })
  return [
    writing(platformEndpoint('POST', contacts, 'contacts', (call) => add(state, call))),
    writing(platformEndpoint('DELETE', contacts, 'contact', (call) => removeMany(state, call))),
    platformEndpoint('POST', `${contacts}/bulk`, 'contact', (call) => readMany(state, call)),
    platformEndpoint('GET', one, 'contact', (call) => read(state, call)),
    writing(platformEndpoint('PUT', one, 'contact', (call) => replace(state, call))),
    writing(platformEndpoint('DELETE', one, 'contact', (call) => remove(state, call))),
    writing(
      platformEndpoint('POST', '/api/v2/outbound/contactlists/:listId/clear', 'clear', (call) =>
        clear(state, call),
      ),
    ),
  ]
}
