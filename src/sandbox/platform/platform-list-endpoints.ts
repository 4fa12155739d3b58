import { z } from 'zod'

import {
  type Call,
  type Endpoint,
  platformEndpoint,
  type SandboxState,
} from '../server/endpoint.ts'
import { type Answer, Refusal } from '../server/refusal.ts'
import type { StoredList } from '../state/list-store.ts'
import { HOME_DIVISION } from '../state/named-entities.ts'
import { pageAnswer } from './paging.ts'
import { PLATFORM_LIMITS } from './platform-limits.ts'
import {
  columnsOfList,
  entityOf,
  fieldsOfEntity,
  settingsOfEntity,
} from './platform-list-entity.ts'
import {
  assertColumns,
  assertName,
  assertReferences,
  assertUnchanged,
  refuse,
} from './platform-list-rules.ts'
import { timeZonePreview } from './time-zones.ts'

const BASE = '/api/v2/outbound/contactlists'

/** Members that are there only if the caller requests them. */
const askedFor = (state: SandboxState, list: StoredList, query: Call['query']) => ({
  ...(query['includeSize'] === 'true' ? { size: list.contacts.size } : {}),
  ...(query['includeImportStatus'] === 'true'
    ? { importStatus: state.imports.status(list.id) }
    : {}),
})

const divisionOf = (state: SandboxState, list: StoredList) => {
  const { id, name } = state.divisions.get(list.settings.divisionId)
  return { id, name, selfUri: `/api/v2/authorization/divisions/${id}` }
}

/** The list as the platform's entity. */
const describe = (state: SandboxState, list: StoredList, query: Call['query']) => {
  const { divisionId: _, attemptLimitsId, ...settings } = list.settings
  const limits = attemptLimitsId === undefined ? null : state.attemptLimits.get(attemptLimitsId)
  return {
    id: list.id,
    name: list.name,
    dateCreated: list.dateCreated,
    dateModified: list.dateModified,
    version: list.version,
    division: divisionOf(state, list),
    ...columnsOfList(list),
    ...settings,
    ...(limits ? { attemptLimits: { id: limits.id, name: limits.name } } : {}),
    ...askedFor(state, list, query),
    selfUri: `${BASE}/${list.id}`,
  }
}

/** The simplified list, for callers who may not see the whole list. */
const describeView = (state: SandboxState, list: StoredList, query: Call['query']) => ({
  id: list.id,
  name: list.name,
  division: divisionOf(state, list),
  ...columnsOfList(list),
  ...askedFor(state, list, query),
  selfUri: `${BASE}/divisionviews/${list.id}`,
})

const create = (state: SandboxState, call: Call): Answer => {
  const entity = entityOf(call.body)
  assertName(state.lists, entity.name, null)
  assertColumns(entity)
  assertReferences(state, entity)
  if (state.lists.all().length >= PLATFORM_LIMITS.lists) {
    refuse('max.entity.count.reached', 'The org has as many contact lists as it can have.')
  }
  const list = state.lists.add({
    name: entity.name,
    fields: fieldsOfEntity(entity),
    settings: settingsOfEntity(entity, HOME_DIVISION.id),
    lagMs: 0,
  })
  state.activity.listCreated(list)
  return { status: 200, body: describe(state, list, call.query) }
}

const change = (state: SandboxState, list: StoredList, body: unknown): void => {
  const entity = entityOf(body)
  if (entity.version !== list.version) {
    refuse('invalid.update.wrong.version', 'The version does not match.', 409)
  }
  assertUnchanged(entityOf(describe(state, list, {})), entity)
  assertName(state.lists, entity.name, list)
  assertReferences(state, entity)
  const settings = settingsOfEntity(entity, list.settings.divisionId)
  state.lists.change(list, { name: entity.name, settings })
}

const update = (state: SandboxState, call: Call): Answer => {
  const list = state.lists.get(call.listId ?? '')
  change(state, list, call.body)
  return { status: 200, body: describe(state, list, call.query) }
}

const bulkSchema = z.object({
  contactListIds: z.array(z.string()).min(1),
  contactList: z.record(z.string(), z.unknown()),
})

const outcomeOf = (state: SandboxState, id: string, changes: Record<string, unknown>) => {
  try {
    const list = state.lists.get(id)
    change(state, list, { ...describe(state, list, {}), ...changes, version: list.version })
    return { id, success: true, status: 200, entity: describe(state, list, {}) }
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    const { code, message, status } = error
    return { id, success: false, status, error: { code, message, status, retryable: false } }
  }
}

/**
 * Changes up to 100 contact lists. The member `contactList` of the body has the fields to change
 * and their new values, which are the same for all lists. If a list cannot be changed, the others
 * are changed anyway.
 */
const updateMany = (state: SandboxState, call: Call): Answer => {
  const parsed = bulkSchema.safeParse(call.body)
  if (!parsed.success || parsed.data.contactListIds.length > PLATFORM_LIMITS.listsPerUpdate) {
    return refuse('bad.request', 'contactListIds names 1 to 100 lists, contactList the change.')
  }
  const { contactListIds, contactList } = parsed.data
  const results = contactListIds.map((id) => outcomeOf(state, id, contactList))
  const errorIndexes = results.flatMap(({ success }, index) => (success ? [] : [index]))
  return { status: 200, body: { results, errorCount: errorIndexes.length, errorIndexes } }
}

const remove = (state: SandboxState, ids: readonly string[]): Answer => {
  for (const { id } of ids.map((found) => state.lists.get(found))) {
    if (state.imports.running(id)) {
      refuse('contact.list.import.in.progress', 'An import into the list is in progress.')
    }
  }
  for (const id of ids) state.lists.remove(id)
  return { status: 204 }
}

const listAll = (
  state: SandboxState,
  call: Call,
  about: { path: string; wholeUnpaged: boolean },
  describeOne: typeof describe | typeof describeView,
): Answer => {
  const divisions = call.valuesOf('divisionId')
  const zone = call.query['timeZone']
  const entities = state.lists
    .all()
    .filter(
      ({ settings }) =>
        (divisions.length === 0 || divisions.includes(settings.divisionId)) &&
        (zone === undefined || settings.timeZone === zone),
    )
  return pageAnswer(call, { ...about, entities }, (list) => describeOne(state, list, call.query))
}

/** Contact lists of the platform dialect. The call that lists all lists serves both dialects. */
export const platformListEndpoints = (state: SandboxState): Endpoint[] => {
  const listOf = (call: Call): StoredList => state.lists.get(call.listId ?? '')
  const views = `${BASE}/divisionviews`
  return [
    {
      ...platformEndpoint('GET', BASE, 'lists', (call) =>
        listAll(state, call, { path: BASE, wholeUnpaged: true }, describe),
      ),
      dialect: 'shared',
    },
    platformEndpoint('POST', BASE, 'list-create', (call) => create(state, call)),
    platformEndpoint('DELETE', BASE, 'list-write', (call) => remove(state, call.valuesOf('id'))),
    platformEndpoint('POST', `${BASE}/bulk/update`, 'list-write', (call) =>
      updateMany(state, call),
    ),
    platformEndpoint('GET', views, 'lists', (call) =>
      listAll(state, call, { path: views, wholeUnpaged: false }, describeView),
    ),
    platformEndpoint('GET', `${views}/:listId`, 'list', (call) => ({
      status: 200,
      body: describeView(state, listOf(call), call.query),
    })),
    platformEndpoint('GET', `${BASE}/:listId`, 'list', (call) => ({
      status: 200,
      body: describe(state, listOf(call), call.query),
    })),
    platformEndpoint('PUT', `${BASE}/:listId`, 'list-write', (call) => update(state, call)),
    platformEndpoint('DELETE', `${BASE}/:listId`, 'list-write', (call) =>
      remove(state, [call.listId ?? '']),
    ),
    platformEndpoint('GET', `${BASE}/:listId/timezonemappingpreview`, 'time-zones', (call) => ({
      status: 200,
      body: timeZonePreview(listOf(call)),
    })),
  ]
}
