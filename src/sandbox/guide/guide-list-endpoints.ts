import { z } from 'zod'

import type { ColumnKind } from '../../domain/contact-lists/contact-list.ts'
import type { Call, Endpoint, SandboxState } from '../server/endpoint.ts'
import { type Answer, Refusal } from '../server/refusal.ts'
import type { ListField, ListStatus, StoredList } from '../state/list-store.ts'

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
/**
 * No guide says that names are unique. A repeated create call therefore makes a second list with
 * the same name.
 */
const createSchema = z.strictObject({
  name: z.string().min(1),
  description: z.string().optional(),
  schema: schemaSchema,
  status: z.literal('READY').optional(),
})
/** A PUT sends the list back as it was read, including its read-only members. */
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
    // `size` is not in the guides, but does not contradict them. With `size`, the gateway can
    // notice that someone cleared the list.
    size: list.contacts.size,
  }
}

/**
 * Throws 404 during the first half of the time in which a new list is indexed. Otherwise, throws
 * 409 if the status of the list is not READY.
 */
export const assertTakesContacts = (state: SandboxState, call: Call, list: StoredList): void => {
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

const lagOf = (state: SandboxState, call: Call): number =>
  state.faults.pick(['provisioning-lag'], call)?.lagMs ?? state.provisioningLagMs

const assertFields = (fields: readonly { name: string }[]): void => {
  const names = new Set(fields.map(({ name }) => name))
  if (names.size < fields.length) throw new Refusal(400, 'invalid.schema', 'A field repeats.')
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
  assertFields(schema.fields)
  state.lists.extend(list, schema.fields.map(toField), schema.version, lagOf(state, call))
  return { status: 200, body: describe(state, call, list) }
}

const create = (state: SandboxState, call: Call): Answer => {
  const body = parsed(createSchema, call.body)
  assertFields(body.schema.fields)
  const list = state.lists.add({
    name: body.name,
    description: body.description ?? '',
    fields: body.schema.fields.map(toField),
    schemaName: body.schema.name,
    schemaVersion: body.schema.version,
    lagMs: lagOf(state, call),
  })
  state.activity.listCreated(list)
  return { status: 201, body: describe(state, call, list) }
}

/** Contact lists of the guide dialect. */
export const guideListEndpoints = (state: SandboxState): Endpoint[] => [
  {
    method: 'POST',
    path: '/api/v2/outbound/lists',
    operation: 'list-create',
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
]
