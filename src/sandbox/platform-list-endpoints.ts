import { z } from 'zod'

import type { Call, Endpoint, SandboxState } from './endpoint.ts'
import type { ListField, StoredList } from './list-store.ts'
import { PLATFORM_LIMITS } from './platform-limits.ts'
import { type Answer, Refusal } from './refusal.ts'

const columnSchema = z.object({ columnName: z.string(), type: z.string() })
/** Unknown members are ignored, as the published API does. */
const entitySchema = z.object({
  name: z.string(),
  columnNames: z.array(z.string()),
  phoneColumns: z.array(columnSchema).default([]),
  emailColumns: z.array(columnSchema).default([]),
  version: z.int().optional(),
})
type Entity = z.output<typeof entitySchema>

/** Names that exports carry for Genesys' own columns (platform API, section 2.6). */
const SYSTEM_COLUMNS: ReadonlySet<string> = new Set(['inin-outbound-id', 'ContactCallable'])

const refuse = (code: string, message: string, status = 400): never => {
  throw new Refusal(status, code, message)
}

const assertName = (state: SandboxState, name: string, self: StoredList | null): void => {
  if (name.trim() === '') refuse('name.cannot.be.blank', 'A name must be provided.')
  if (name.length > PLATFORM_LIMITS.nameChars) refuse('name.length.exceeded', 'Name too long.')
  const taken = state.lists.all().some((list) => list !== self && list.name === name)
  if (taken) refuse('duplicate.name', 'The name already exists.')
}

const assertColumns = ({ columnNames, phoneColumns, emailColumns }: Entity): void => {
  const names = new Set(columnNames)
  if (names.size === 0) refuse('no.contact.columns.defined', 'No columns were defined.')
  if (names.size < columnNames.length) refuse('not.unique.contact.columns', 'Columns repeat.')
  if (names.size > PLATFORM_LIMITS.columns) {
    refuse('contact.columns.limit.exceeded', 'Too many columns.')
  }
  if (columnNames.some((name) => name === '' || name.length > PLATFORM_LIMITS.headerChars)) {
    refuse('invalid.contact.columns', 'A column name is empty or too long.')
  }
  if (phoneColumns.length + emailColumns.length === 0) {
    refuse('no.phone.columns', 'At least one phone or email column is needed.')
  }
  const declared = [...phoneColumns, ...emailColumns].map(({ columnName }) => columnName)
  if (new Set(declared).size < declared.length) refuse('not.unique.phone.columns', 'Repeated.')
  if (declared.some((name) => SYSTEM_COLUMNS.has(name))) {
    refuse('system.column.phone.column', 'A system column cannot be a phone or email column.')
  }
  if (!declared.every((name) => names.has(name))) {
    refuse('invalid.contact.phone.column', 'A phone or email column is not a column of the list.')
  }
}

const toFields = (entity: Entity): ListField[] => {
  const phones = new Map(entity.phoneColumns.map((column) => [column.columnName, column.type]))
  const emails = new Map(entity.emailColumns.map((column) => [column.columnName, column.type]))
  return entity.columnNames.map((name) => {
    const kind = phones.has(name) ? 'phone' : emails.has(name) ? 'email' : 'text'
    return {
      name,
      kind,
      required: false,
      type: kind === 'phone' ? 'Phone' : kind === 'email' ? 'Email' : 'String',
      format: null,
      label: phones.get(name) ?? emails.get(name) ?? '',
    }
  })
}

const parsed = (body: unknown): Entity => {
  const result = entitySchema.safeParse(body)
  if (result.success) return result.data
  const path = result.error.issues[0]?.path.join('.') ?? ''
  throw new Refusal(400, 'bad.request', `The request body is not valid at ${path}.`)
}

/** The list as the platform's entity; `size` and `importStatus` only when asked for. */
const describe = (state: SandboxState, list: StoredList, query: Call['query']) => {
  const columnsOf = (kind: string) =>
    list.fields
      .filter((field) => field.kind === kind)
      .map((field) => ({ columnName: field.name, type: field.label }))
  return {
    id: list.id,
    name: list.name,
    dateCreated: list.dateCreated,
    dateModified: list.dateModified,
    version: list.version,
    division: { id: 'sandbox-home-division' },
    columnNames: list.fields.map((field) => field.name),
    phoneColumns: columnsOf('phone'),
    emailColumns: columnsOf('email'),
    whatsAppColumns: [],
    previewModeAcceptedValues: [],
    automaticTimeZoneMapping: false,
    trimWhitespace: true,
    ...(query['includeSize'] === 'true' ? { size: list.contacts.size } : {}),
    ...(query['includeImportStatus'] === 'true'
      ? { importStatus: state.imports.status(list.id) }
      : {}),
    selfUri: `/api/v2/outbound/contactlists/${list.id}`,
  }
}

const create = (state: SandboxState, call: Call): Answer => {
  const entity = parsed(call.body)
  assertName(state, entity.name, null)
  assertColumns(entity)
  const list = state.lists.add({ name: entity.name, fields: toFields(entity), lagMs: 0 })
  state.activity.listCreated(list)
  return { status: 200, body: describe(state, list, call.query) }
}

const update = (state: SandboxState, call: Call): Answer => {
  const list = state.lists.get(call.listId ?? '')
  const entity = parsed(call.body)
  if (entity.version !== list.version) {
    refuse('invalid.update.wrong.version', 'The version does not match.', 409)
  }
  const before = describe(state, list, {})
  const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b)
  if (!same(entity.columnNames, before.columnNames)) {
    refuse('cannot.update.contact.column.names', 'Column names cannot be changed.')
  }
  if (!same(entity.phoneColumns, before.phoneColumns)) {
    refuse('cannot.update.phone.columns', 'Phone columns cannot be changed.')
  }
  if (!same(entity.emailColumns, before.emailColumns)) {
    refuse('contact.columns.dont.match', 'Email columns cannot be changed.')
  }
  assertName(state, entity.name, list)
  state.lists.rename(list, entity.name)
  return { status: 200, body: describe(state, list, call.query) }
}

const remove = (state: SandboxState, call: Call): Answer => {
  const list = state.lists.get(call.listId ?? '')
  if (state.imports.running(list.id)) {
    refuse('contact.list.import.in.progress', 'An import into the list is in progress.')
  }
  state.lists.remove(list.id)
  return { status: 204 }
}

/** Without paging parameters (the guides know none) every list is on the one page. */
const pageOf = (query: Call['query'], total: number): { size: number; number: number } => {
  const paged = 'pageSize' in query || 'pageNumber' in query
  const size = paged ? Number(query['pageSize'] ?? 25) : Math.max(1, total)
  const number = Number(query['pageNumber'] ?? 1)
  const valid = Number.isInteger(size) && size > 0 && Number.isInteger(number) && number > 0
  if (!valid || (paged && size > 100)) refuse('bad.request', 'pageSize is 1 to 100.')
  return { size, number }
}

const listAll = (state: SandboxState, call: Call): Answer => {
  const wanted = call.query['name']
  const lists = state.lists.all().filter((list) => !wanted || list.name.includes(wanted))
  const { size, number } = pageOf(call.query, lists.length)
  const pageCount = Math.ceil(lists.length / size)
  const uri = (page: number) => `/api/v2/outbound/contactlists?pageSize=${size}&pageNumber=${page}`
  return {
    status: 200,
    body: {
      entities: lists
        .slice((number - 1) * size, number * size)
        .map((list) => describe(state, list, call.query)),
      pageSize: size,
      pageNumber: number,
      total: lists.length,
      pageCount,
      firstUri: uri(1),
      selfUri: uri(number),
      lastUri: uri(Math.max(1, pageCount)),
      ...(number < pageCount ? { nextUri: uri(number + 1) } : {}),
      ...(number > 1 ? { previousUri: uri(number - 1) } : {}),
    },
  }
}

const limits = (namespace: string): Answer => ({
  status: 200,
  body: {
    entities:
      namespace === 'outbound'
        ? Object.entries({
            'contact.list.columns.max': PLATFORM_LIMITS.columns,
            'contact.list.contacts.max': PLATFORM_LIMITS.contactsPerList,
            'contacts.per.request.max': PLATFORM_LIMITS.contactsPerRequest,
          }).map(([key, value]) => ({ key, namespace, value }))
        : [],
  },
})

/** Contact lists of the platform dialect, and limits. The list of lists serves both dialects. */
export const platformListEndpoints = (state: SandboxState): Endpoint[] => {
  const listCall = (
    method: Endpoint['method'],
    path: string,
    operation: Endpoint['operation'],
    handle: Endpoint['handle'],
  ): Endpoint => ({ method, path, operation, dialect: 'platform', handle })
  const base = '/api/v2/outbound/contactlists'
  return [
    { ...listCall('GET', base, 'lists', (call) => listAll(state, call)), dialect: 'shared' },
    listCall('POST', base, 'list-create', (call) => create(state, call)),
    listCall('GET', `${base}/:listId`, 'list', (call) => ({
      status: 200,
      body: describe(state, state.lists.get(call.listId ?? ''), call.query),
    })),
    listCall('PUT', `${base}/:listId`, 'list-write', (call) => update(state, call)),
    listCall('DELETE', `${base}/:listId`, 'list-write', (call) => remove(state, call)),
    listCall('GET', '/api/v2/organizations/limits/namespaces/:namespace', 'limits', ({ params }) =>
      limits(params['namespace'] ?? ''),
    ),
  ]
}
