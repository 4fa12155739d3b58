import { PLATFORM_LIMITS } from '../platform/platform-limits.ts'
import type { Call, SandboxState } from '../server/endpoint.ts'
import { Refusal } from '../server/refusal.ts'
import type { AppliedRequest, QueueFlags } from './ledger.ts'
import type { StoredList } from './list-store.ts'
import { type SystemWrite, writtenSystem } from './system-data.ts'

/** A contact ready to be stored: `cells` in the order of the list's columns. */
export type IncomingContact = {
  contactId: string
  cells: (string | null)[]
  /** The change of the system data. If left out, the system data stay as they are. */
  system?: SystemWrite
}

/**
 * The contact ids that the sandbox accepts. Genesys documents "no special characters", and 400
 * `invalid.contact.id`.
 */
const CONTACT_ID = /^[A-Za-z0-9][A-Za-z0-9._:@-]{0,127}$/

/**
 * Whether the sandbox accepts the value as a contact id: a text of at most 128 characters that fits
 * `CONTACT_ID`.
 */
export const isContactId = (value: unknown): value is string =>
  typeof value === 'string' && CONTACT_ID.test(value)

/**
 * The column of a guide file that holds the contact id: `contactId` or `customerId`, which the
 * guides name. If there is neither: the first column.
 */
export const contactIdColumnOf = (list: StoredList): string =>
  ['contactId', 'customerId'].find((name) => list.positions.has(name)) ?? list.fields[0]!.name

/** Throws 400 `invalid.contact.id` if the value is not a text of allowed characters. */
export const checkedContactId = (value: unknown): string => {
  if (isContactId(value)) return value
  throw new Refusal(400, 'invalid.contact.id', 'The contact id is not valid.')
}

/**
 * The columns that the sandbox silently drops from a request because of the fault plan. Without the
 * fault, the sandbox would store or refuse them.
 */
export type DroppedFields = { undeclared: boolean; names: ReadonlySet<string> }

/**
 * The `drop-fields` fault for this call. Call this function only once for each request, because
 * each call counts the rule as fired.
 */
export const droppedFields = (state: SandboxState, call: Call): DroppedFields => {
  const rule = state.faults.pick(['drop-fields'], call)
  return { undeclared: rule !== null && !rule.fields, names: new Set(rule?.fields) }
}

/**
 * Puts named values into the order of the list's columns. Throws 400 with `undeclaredCode` for a
 * column that the list lacks, and 400 with another code for a value that is not a text or is too
 * long.
 */
export const packCells = (
  state: SandboxState,
  list: StoredList,
  values: Iterable<[string, unknown]>,
  rules: { dropped: DroppedFields; undeclaredCode: string; maxChars: number; empty: string | null },
): (string | null)[] => {
  const cells = Array<string | null>(list.fields.length).fill(rules.empty)
  for (const [name, value] of values) {
    const position = list.positions.get(name)
    if (rules.dropped.names.has(name) || (position === undefined && rules.dropped.undeclared)) {
      state.book.count(list.id, 'droppedCells')
      continue
    }
    if (position === undefined) {
      throw new Refusal(400, rules.undeclaredCode, 'A column is not defined in the contact list.', {
        messageParams: { column: name },
      })
    }
    if (typeof value !== 'string' && (value !== null || rules.empty !== null)) {
      throw new Refusal(400, 'invalid.property', 'A value is not a text.', {
        messageParams: { column: name },
      })
    }
    if (typeof value === 'string' && value.length > rules.maxChars) {
      throw new Refusal(400, 'contact.datum.length.limit.exceeded', 'A value is too long.', {
        messageParams: { column: name },
      })
    }
    cells[position] = value
  }
  return cells
}

/** The members of a call that the ledger notes. */
type Writer = Pick<Call, 'operation' | 'requestId'>

const emptyRequired = (list: StoredList, cells: IncomingContact['cells']): number => {
  let empty = 0
  for (let index = 0; index < cells.length; index += 1) {
    if (list.fields[index]!.required && !cells[index]) empty += 1
  }
  return empty
}

/** Stores contacts by id, as one applied request. Of contacts with the same id, the last counts. */
export const applyContacts = (
  state: SandboxState,
  call: Writer,
  list: StoredList,
  write: readonly IncomingContact[] | { contacts: readonly IncomingContact[]; queue: QueueFlags },
): void => {
  const { contacts, queue } = 'queue' in write ? write : { contacts: write, queue: null }
  list.revision += 1
  const at = { revision: list.revision, ms: state.clock.now().getTime() }
  const seen = new Set<string>()
  const outcomes = { new: 0, changed: 0, identical: 0 }
  let nulls = 0
  for (const { contactId, cells, system = null } of contacts) {
    seen.add(contactId)
    const before = list.contacts.find(contactId)?.system ?? null
    const written = { contactId, cells: JSON.stringify(cells) }
    const kept = writtenSystem(before, system)
    outcomes[list.contacts.upsert({ ...written, system: kept }, at)] += 1
    nulls += emptyRequired(list, cells)
  }
  state.book.count(list.id, 'contactWrites', contacts.length)
  state.book.count(list.id, 'identicalWrites', outcomes.identical)
  state.book.count(list.id, 'requiredNulls', nulls)
  state.book.count(list.id, 'duplicateIdsInRequest', contacts.length - seen.size)
  // By default, updated contacts are dialled again (SDK 262, `doNotQueue`).
  const requeued = queue && !queue.doNotQueue ? contacts.length - outcomes.new : 0
  state.book.count(list.id, 'requeuedContacts', requeued)
  noteApplied(state, call, list, { contacts: contacts.length, queue })
}

/** Removes every contact, as one applied request. */
export const clearContacts = (state: SandboxState, call: Writer, list: StoredList): void => {
  list.revision += 1
  const held = list.contacts.size
  list.contacts.clear()
  state.book.count(list.id, 'clears')
  noteApplied(state, call, list, { contacts: held, queue: null })
}

/** Notes an applied request in the ledger, with the list's present revision. */
export const noteApplied = (
  state: SandboxState,
  call: Writer,
  list: StoredList,
  written: Pick<AppliedRequest, 'contacts' | 'queue'>,
): void =>
  state.book.applied(list.id, {
    revision: list.revision,
    operation: call.operation,
    requestId: call.requestId,
    ...written,
    at: state.clock.now().toISOString(),
  })

/**
 * A short text by which two requests with the same X-Request-ID are compared: the list, the number
 * of contacts, and the first and the last contact id. It contains no cells.
 */
export const fingerprintOf = (listId: string, contactIds: readonly string[]): string =>
  `${listId} ${contactIds.length} ${contactIds[0] ?? ''} ${contactIds.at(-1) ?? ''}`

/** How many new contacts the list can still hold. */
export const roomIn = (state: SandboxState, list: StoredList): number => {
  const capacity = state.faults.listCapacity(list.id) ?? PLATFORM_LIMITS.contactsPerList
  return Math.max(0, capacity - list.contacts.size)
}
