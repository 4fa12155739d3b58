import { z } from 'zod'

import type { ColumnKind } from '../domain/contact-list.ts'
import {
  applyContacts,
  checkedContactId,
  clearContacts,
  droppedFields,
  fingerprintOf,
  type IncomingContact,
  packCells,
} from './contact-writes.ts'
import type { Call, Endpoint, SandboxState } from './endpoint.ts'
import type { FaultOf } from './fault-plan.ts'
import type { JobError } from './ingest-jobs.ts'
import type { ListField, ListStatus, StoredList } from './list-store.ts'
import { type Answer, Refusal } from './refusal.ts'

/** guide-API, "Limits": objects a request. */
const BULK_ROWS = 5000

const fieldSchema = z.strictObject({
  name: z.string().min(1),
  type: z.enum(['String', 'Phone', 'Email', 'Date']),
  required: z.boolean(),
  format: z.string().optional(),
})
const schemaSchema = z.strictObject({
  name: z.string().min(1),
  version: z.string().min(1),
  fields: z.array(fieldSchema).min(1),
})
const createSchema = z.strictObject({
  name: z.string().min(1),
  description: z.string().optional(),
  schema: schemaSchema,
  status: z.literal('READY').optional(),
})
/** A PUT carries the list as it was read, so its read-only members come back too. */
const updateSchema = z.object({ name: z.string().min(1), schema: schemaSchema })

const KINDS: Record<string, ColumnKind> = {
  String: 'text',
  Phone: 'phone',
  Email: 'email',
  Date: 'date',
}

const toField = (field: z.output<typeof fieldSchema>): ListField => ({
  name: field.name,
  kind: field.format === 'E.164' ? 'phone' : (KINDS[field.type] ?? 'text'),
  required: field.required,
  type: field.type,
  format: field.format ?? null,
  label: field.type === 'Email' ? 'personal' : 'cell',
})

const parsed = <S extends z.ZodType>(schema: S, body: unknown): z.output<S> => {
  const result = schema.safeParse(body)
  if (result.success) return result.data
  const issue = result.error.issues[0]
  throw new Refusal(400, 'invalid.body', `${issue?.path.join('.')}: ${issue?.message}`)
}

const statusOf = (state: SandboxState, call: Call, list: StoredList): ListStatus => {
  const planned = state.faults.listStatus({ operation: call.operation, listId: list.id })
  if (planned) return planned
  if (list.fixedStatus) return list.fixedStatus
  return state.clock.monotonicMs() < list.visibleAtMs ? 'PROCESSING' : 'READY'
}

const describe = (state: SandboxState, call: Call, list: StoredList) => {
  const indexed = state.clock.monotonicMs() >= list.visibleAtMs
  const { fields, schemaVersion } = indexed ? list : list.shown
  return {
    id: list.id,
    name: list.name,
    description: list.description,
    status: statusOf(state, call, list),
    schema: {
      name: list.schemaName,
      version: schemaVersion,
      fields: fields.map(({ name, type, required, format }) => ({
        name,
        type,
        required,
        ...(format === null ? {} : { format }),
      })),
    },
    attributes: fields.map(({ name }) => ({ name })),
    // Not in the guides, allowed by them: lets the gateway see that someone cleared the list.
    size: list.contacts.size,
  }
}

const E164 = /^\+[1-9]\d{6,14}$/

/** What a job says of one row; null when it is taken. */
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
  for (let position = 0; position < contact.cells.length; position += 1) {
    const field = list.fields[position]!
    const cell = contact.cells[position]
    if (field.format === 'E.164' && cell && !E164.test(cell)) {
      return { field: field.name, message: 'Phone number is not E.164' }
    }
  }
  return null
}

const incoming = (state: SandboxState, call: Call, list: StoredList): IncomingContact[] => {
  const rows = call.body
  if (!Array.isArray(rows) || rows.length === 0) {
    throw new Refusal(400, 'invalid.body', 'A non-empty JSON array of contacts is expected.')
  }
  if (rows.length > BULK_ROWS) {
    throw new Refusal(413, 'request.entity.too.large', `At most ${BULK_ROWS} objects a request.`)
  }
  const rules = {
    dropped: droppedFields(state, call),
    undeclaredCode: 'undeclared.field',
    maxChars: Infinity,
    empty: null,
  }
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

const assertTakesContacts = (state: SandboxState, call: Call, list: StoredList): void => {
  const now = state.clock.monotonicMs()
  const brandNew =
    list.version === 1 && now < list.madeAtMs + (list.visibleAtMs - list.madeAtMs) / 2
  if (brandNew && list.revision === 0) {
    throw new Refusal(404, 'contact.list.not.found', 'The contact list was not found.')
  }
  const status = statusOf(state, call, list)
  if (status === 'READY') return
  const code = status === 'ERROR' ? 'list.in.error' : 'list.processing'
  throw new Refusal(409, code, `The list is in status ${status}.`)
}

const bulk = (state: SandboxState, call: Call): Answer => {
  const list = state.lists.get(call.listId ?? '')
  const mode = call.query['mode'] ?? 'append'
  if (mode !== 'append' && mode !== 'overwrite') {
    throw new Refusal(400, 'invalid.mode', 'mode is append or overwrite.')
  }
  assertTakesContacts(state, call, list)
  const contacts = incoming(state, call, list)
  const ids = contacts.map(({ contactId }) => contactId)
  state.book.requestId(call.requestId, fingerprintOf(list.id, ids))
  if (state.faults.pick(['job-failed'], call)) {
    const { jobId } = state.jobs.start({
      outcome: 'failed',
      processed: 0,
      failed: contacts.length,
      errors: [],
    })
    return { status: 200, body: { jobId } }
  }
  const rule = state.faults.pick(['reject-rows'], call)
  const errors: JobError[] = []
  const taken = contacts.filter((contact, index) => {
    const error = rowError(list, contact, index, rule)
    if (error) errors.push({ index, contactId: contact.contactId, ...error })
    return error === null
  })
  if (mode === 'overwrite') clearContacts(state, call, list)
  applyContacts(state, call, list, taken)
  const { jobId, readyAtMs } = state.jobs.start({
    outcome: 'completed',
    processed: taken.length,
    failed: errors.length,
    errors: rule?.nameRows === false ? [] : errors,
  })
  // An overwrite rebuilds the index: the list takes nothing more until its job is done.
  if (mode === 'overwrite') {
    list.shown = { fields: list.fields, schemaVersion: list.schemaVersion }
    list.visibleAtMs = readyAtMs
  }
  return { status: 200, body: { jobId } }
}

const update = (state: SandboxState, call: Call): Answer => {
  const list = state.lists.get(call.listId ?? '')
  const { name, schema } = parsed(updateSchema, call.body)
  const kept = list.fields.every((field, index) => schema.fields[index]?.name === field.name)
  if (!kept) throw new Refusal(400, 'invalid.schema', 'Columns can only be added at the end.')
  if (schema.version === list.schemaVersion) {
    throw new Refusal(400, 'schema.version.not.raised', 'The schema version must be raised.')
  }
  list.name = name
  state.lists.extend(list, schema.fields.map(toField), schema.version, state.provisioningLagMs)
  return { status: 200, body: describe(state, call, list) }
}

const create = (state: SandboxState, call: Call): Answer => {
  const body = parsed(createSchema, call.body)
  const list = state.lists.add({
    name: body.name,
    description: body.description ?? '',
    fields: body.schema.fields.map(toField),
    schemaName: body.schema.name,
    schemaVersion: body.schema.version,
    lagMs: state.provisioningLagMs,
  })
  return { status: 201, body: describe(state, call, list) }
}

/** The calls of the guide dialect (lists, bulk append, jobs). */
export const guideEndpoints = (state: SandboxState): Endpoint[] => [
  {
    method: 'POST',
    path: '/api/v2/outbound/lists',
    operation: 'list-write',
    dialect: 'guide',
    handle: (call) => create(state, call),
  },
  {
    method: 'GET',
    path: '/api/v2/outbound/lists/:listId',
    operation: 'list',
    dialect: 'guide',
    handle: (call) => ({
      status: 200,
      body: describe(state, call, state.lists.get(call.listId ?? '')),
    }),
  },
  {
    method: 'PUT',
    path: '/api/v2/outbound/lists/:listId',
    operation: 'list-write',
    dialect: 'guide',
    handle: (call) => update(state, call),
  },
  {
    method: 'POST',
    path: '/api/v2/outbound/lists/:listId/contacts/bulk',
    operation: 'bulk',
    dialect: 'guide',
    writesContacts: true,
    handle: (call) => bulk(state, call),
  },
  {
    method: 'GET',
    path: '/api/v2/outbound/jobs/:jobId',
    operation: 'job',
    dialect: 'guide',
    handle: (call) => ({ status: 200, body: state.jobs.describe(call.params['jobId'] ?? '') }),
  },
]
