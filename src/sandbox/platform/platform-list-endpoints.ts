import type { Call, Endpoint, SandboxState } from '../server/endpoint.ts'
import type { Answer } from '../server/refusal.ts'
import type { StoredList } from '../state/list-store.ts'
import { PLATFORM_LIMITS } from './platform-limits.ts'
import {
  assertColumns,
  assertName,
  assertUnchanged,
  entityOf,
  fieldsOfEntity,
  refuse,
} from './platform-list-rules.ts'

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
    automaticTimeZoneMapping: list.timeZones.automatic,
    ...(list.timeZones.zipCodeColumn === null
      ? {}
      : { zipCodeColumnName: list.timeZones.zipCodeColumn }),
    trimWhitespace: true,
    ...(query['includeSize'] === 'true' ? { size: list.contacts.size } : {}),
    ...(query['includeImportStatus'] === 'true'
      ? { importStatus: state.imports.status(list.id) }
      : {}),
    selfUri: `/api/v2/outbound/contactlists/${list.id}`,
  }
}

const create = (state: SandboxState, call: Call): Answer => {
  const entity = entityOf(call.body)
  assertName(state.lists, entity.name, null)
  assertColumns(entity)
  if (state.lists.all().length >= PLATFORM_LIMITS.lists) {
    refuse('max.entity.count.reached', 'The org has as many contact lists as it can have.')
  }
  const { automaticTimeZoneMapping: automatic, zipCodeColumnName: zipCodeColumn = null } = entity
  const list = state.lists.add({
    name: entity.name,
    fields: fieldsOfEntity(entity),
    timeZones: { automatic, zipCodeColumn },
    lagMs: 0,
  })
  state.activity.listCreated(list)
  return { status: 200, body: describe(state, list, call.query) }
}

const update = (state: SandboxState, call: Call): Answer => {
  const list = state.lists.get(call.listId ?? '')
  const entity = entityOf(call.body)
  if (entity.version !== list.version) {
    refuse('invalid.update.wrong.version', 'The version does not match.', 409)
  }
  assertUnchanged(entityOf(describe(state, list, {})), entity)
  assertName(state.lists, entity.name, list)
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
            'contact.lists.max': PLATFORM_LIMITS.lists,
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
