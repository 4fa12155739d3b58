import { UPLOAD_MODES, type UploadMode } from '../../domain/uploads/upload-options.ts'
import type { FaultOf } from '../faults/fault-plan.ts'
import type { Call, SandboxState } from '../server/endpoint.ts'
import { Refusal } from '../server/refusal.ts'
import {
  applyContacts,
  clearContacts,
  type IncomingContact,
  isContactId,
} from '../state/contact-writes.ts'
import type { JobError } from '../state/ingest-jobs.ts'
import type { StoredList } from '../state/list-store.ts'
import { assertTakesContacts } from './guide-list-endpoints.ts'

/**
 * The column by whose values a request finds duplicates in the list. `behavior`: what happens to a
 * row whose value the list already has. Without a check, the sandbox compares only contact ids, and
 * a row updates the contact with the same id.
 */
export type DuplicateCheck = { position: number; behavior: 'skip' | 'update' | 'ignore' }

/** The `mode` of the query. Throws 400. */
export const modeOf = (call: Call): UploadMode => {
  const asked = call.query['mode'] ?? 'append'
  const mode = UPLOAD_MODES.find((known) => known === asked)
  if (mode !== undefined) return mode
  throw new Refusal(400, 'invalid.mode', 'mode is append or overwrite.')
}

/**
 * Returns the list of the call. Throws 404 or 409 if it does not exist or takes no contacts now.
 */
export const takingList = (state: SandboxState, call: Call): StoredList => {
  const list = state.lists.get(call.listId ?? '')
  assertTakesContacts(state, call, list)
  return list
}

const E164 = /^\+[1-9]\d{6,14}$/

/** What a job reports about one row. null: the row is accepted. */
const rowError = (
  list: StoredList,
  contact: IncomingContact,
  index: number,
  rule: FaultOf<'reject-rows'> | null,
): Omit<JobError, 'index' | 'contactId'> | null => {
  const planned =
    rule !== null &&
    (rule.contactIds?.includes(contact.contactId) === true ||
      (rule.everyNth !== undefined && (index + 1) % rule.everyNth === 0))
  if (planned) return { ...(rule.field ? { field: rule.field } : {}), message: rule.message }
  if (!isContactId(contact.contactId)) {
    return { field: 'contactId', message: 'Contact id is not valid' }
  }
  for (let position = 0; position < contact.cells.length; position += 1) {
    const field = list.fields[position]!
    const cell = contact.cells[position]
    if (field.format === 'E.164' && cell && !E164.test(cell)) {
      return { field: field.name, message: 'Phone number is not E.164' }
    }
  }
  return null
}

/**
 * For each value that the checked column has in the list: the id of the contact with this value.
 */
const holdersOf = (list: StoredList, position: number): Map<string, string> => {
  const holders = new Map<string, string>()
  for (const { contactId, cells } of list.contacts.page(0, Infinity).contacts) {
    const value = (JSON.parse(cells) as (string | null)[])[position]
    if (value) holders.set(value, contactId)
  }
  return holders
}

/**
 * The contacts to write after the check. `skip` leaves out rows whose value the list or an earlier
 * row has. `update` writes the row to the contact that has the value. `ignore` changes nothing.
 */
const afterCheck = (
  list: StoredList,
  contacts: readonly IncomingContact[],
  { position, behavior }: DuplicateCheck,
): IncomingContact[] => {
  if (behavior === 'ignore') return [...contacts]
  const holders = holdersOf(list, position)
  const left: IncomingContact[] = []
  for (const contact of contacts) {
    const value = contact.cells[position]
    const holder = value ? holders.get(value) : undefined
    if (value && holder === undefined) holders.set(value, contact.contactId)
    if (holder === undefined) left.push(contact)
    else if (behavior === 'update') left.push({ ...contact, contactId: holder })
  }
  return left
}

export type Ingested = { jobId: string; ready: Promise<void> | null }

const announced = (
  state: SandboxState,
  list: StoredList,
  job: { outcome: 'completed' | 'failed'; processed: number; failed: number; errors: JobError[] },
  callbackUrl: string | null,
): Ingested & { readyAtMs: number } => {
  const { jobId, readyAtMs } = state.jobs.start(job)
  const { processed, failed } = job
  const status = job.outcome === 'completed' ? 'success' : 'error'
  const facts = {
    jobId,
    listId: list.id,
    status,
    processed,
    failed,
    readyAtMs,
    callbackUrl,
  } as const
  return { jobId, readyAtMs, ready: state.pushes.announce(facts) }
}

/**
 * Stores the rows of one request and reports them as a job. Contacts are stored by id. Of rows with
 * the same id, the last counts. The rows are stored immediately, but the job reports the result
 * only after a delay. Every request of an overwrite first removes all contacts, and keeps the list
 * busy until its job ends.
 */
export const ingest = (
  state: SandboxState,
  call: Call,
  list: StoredList,
  rows: {
    contacts: readonly IncomingContact[]
    mode: UploadMode
    check?: DuplicateCheck
    callbackUrl?: string
  },
): Ingested => {
  const { contacts, mode, check, callbackUrl = null } = rows
  if (state.faults.pick(['job-failed'], call)) {
    const failure = {
      outcome: 'failed',
      processed: 0,
      failed: contacts.length,
      errors: [],
    } as const
    return announced(state, list, { ...failure, errors: [] }, callbackUrl)
  }
  const rule = state.faults.pick(['reject-rows'], call)
  const errors: JobError[] = []
  const taken = contacts.filter((contact, index) => {
    const error = rowError(list, contact, index, rule)
    const { contactId } = contact
    if (error) errors.push({ index, ...(contactId === '' ? {} : { contactId }), ...error })
    return error === null
  })
  if (mode === 'overwrite') clearContacts(state, call, list)
  applyContacts(state, call, list, check ? afterCheck(list, taken, check) : taken)
  const job = announced(
    state,
    list,
    {
      outcome: 'completed',
      processed: taken.length,
      failed: errors.length,
      errors: rule?.nameRows === false ? [] : errors,
    },
    callbackUrl,
  )
  if (mode === 'overwrite') {
    list.shown = { fields: list.fields, schemaVersion: list.schemaVersion }
    list.visibleAtMs = job.readyAtMs
  }
  return job
}
