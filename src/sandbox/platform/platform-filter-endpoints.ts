import { randomUUID } from 'node:crypto'

import { z } from 'zod'

import {
  type Call,
  type Endpoint,
  platformEndpoint,
  type SandboxState,
} from '../server/endpoint.ts'
import type { Answer } from '../server/refusal.ts'
import type { StoredFilter } from '../state/campaigns/campaigns.ts'
import { fieldsOf } from '../state/list-store.ts'
import {
  assertCriteria,
  criteriaSchema,
  matcherOf,
  type Criteria,
  type CriteriaReading,
} from './contact-criteria.ts'
import { pageAnswer } from './paging.ts'
import { refuse } from './platform-list-rules.ts'

const BASE = '/api/v2/outbound/contactlistfilters'

const MOST_FILTERS = 1_000
/** How many contacts a preview shows. */
const PREVIEWED = 10

/**
 * What the result of a filter depends on besides the contacts: the present time, and how the fault
 * plan treats empty cells.
 */
export const readingOf = (state: SandboxState): CriteriaReading => ({
  emptyCells: state.faults.emptyCells(),
  nowMs: state.clock.now().getTime(),
})

const entitySchema = z.object({
  name: z.string().optional(),
  version: z.int().optional(),
  sourceType: z.enum(['ContactList', 'ContactListTemplate']).default('ContactList'),
  contactList: z.object({ id: z.string() }).optional(),
})

type Loose = { [member: string]: unknown } | null | undefined

const assertPredicateWhole = (predicate: Loose): void => {
  if (!predicate?.['column']) refuse('column.required', 'A predicate needs a column.')
  if (!predicate?.['operator']) refuse('operator.required', 'A predicate needs an operator.')
}

const assertClauseWhole = (clause: Loose): void => {
  const predicates = (clause?.['predicates'] ?? []) as Loose[]
  if (predicates.length === 0) refuse('at.least.one.predicate.required', 'A clause is empty.')
  if (predicates.length > 1 && clause?.['filterType'] === undefined) {
    refuse('filter.type.required.for.multiple.predicates', 'Say how predicates are joined.')
  }
  predicates.forEach(assertPredicateWhole)
}

/** Throws the codes that the platform documents for missing parts of a filter. */
const assertWhole = (body: Loose): void => {
  const clauses = body?.['clauses']
  if (!Array.isArray(clauses) || clauses.length === 0) {
    return refuse('clauses.required', 'A filter needs clauses.')
  }
  if (clauses.length > 1 && body?.['filterType'] === undefined) {
    refuse('filter.type.required.for.multiple.clauses', 'Say how clauses are joined.')
  }
  return clauses.forEach(assertClauseWhole)
}

const read = (state: SandboxState, body: unknown) => {
  const entity = entitySchema.safeParse(body)
  if (!entity.success) return refuse('bad.request', 'The filter is not valid.')
  const listId = entity.data.contactList?.id
  if (listId === undefined) return refuse('contact.list.cannot.be.blank', 'A list is needed.')
  const list = state.lists.find(listId)
  if (!list) return refuse('contact.list.not.found', 'The contact list was not found.')
  assertWhole(body as Loose)
  const criteria = criteriaSchema.safeParse(body)
  if (!criteria.success) return refuse('bad.request', 'The clauses are not valid.')
  assertCriteria(list, criteria.data)
  return { ...entity.data, list, criteria: criteria.data }
}

/** The criteria of a filter. The cast is safe, because only this file writes them. */
export const criteriaOf = (filter: StoredFilter): Criteria => filter.criteria as Criteria

const describe = (filter: StoredFilter) => ({
  id: filter.id,
  name: filter.name,
  version: filter.version,
  sourceType: 'ContactList',
  contactList: { id: filter.contactListId },
  ...criteriaOf(filter),
  dateCreated: filter.dateCreated,
  dateModified: filter.dateModified,
  selfUri: `${BASE}/${filter.id}`,
})

const create = (state: SandboxState, call: Call): Answer => {
  const { name, list, criteria } = read(state, call.body)
  if (!name) return refuse('name.cannot.be.blank', 'A name must be provided.')
  if (state.filters.all().length >= MOST_FILTERS) {
    refuse('max.entity.count.reached', 'The org has as many filters as it can have.')
  }
  const now = state.clock.now().toISOString()
  const filter = state.filters.add({
    id: randomUUID(),
    name,
    version: 1,
    contactListId: list.id,
    criteria,
    dateCreated: now,
    dateModified: now,
  })
  return { status: 200, body: describe(filter) }
}

const update = (state: SandboxState, call: Call): Answer => {
  const filter = state.filters.get(call.params['filterId'] ?? '')
  const { name, version, list, criteria } = read(state, call.body)
  if (version !== filter.version) {
    refuse('invalid.update.wrong.version', 'The version does not match.', 409)
  }
  if (list.id !== filter.contactListId) refuse('contact.list.immutable', 'The list stays.')
  Object.assign(filter, { criteria, version: filter.version + 1 })
  filter.name = name ?? filter.name
  filter.dateModified = state.clock.now().toISOString()
  return { status: 200, body: describe(filter) }
}

const remove = (state: SandboxState, call: Call): Answer => {
  const { id } = state.filters.get(call.params['filterId'] ?? '')
  if (state.campaigns.all().some(({ filterIds }) => filterIds.includes(id))) {
    refuse('referential.integrity.error', 'A campaign uses the filter.')
  }
  state.filters.remove(id)
  return { status: 200 }
}

const preview = (state: SandboxState, call: Call): Answer => {
  const { list, criteria } = read(state, call.body)
  const matches = matcherOf(list, criteria, readingOf(state))
  const { contacts } = list.contacts.page(0, Infinity)
  const filtered = contacts.filter(({ cells }) => matches(cells))
  return {
    status: 200,
    body: {
      filteredContacts: filtered.length,
      totalContacts: contacts.length,
      preview: filtered.slice(0, PREVIEWED).map(({ contactId, cells }) => ({
        id: contactId,
        contactListId: list.id,
        data: fieldsOf(list, cells),
      })),
    },
  }
}

const idsSchema = z.object({ ids: z.array(z.string()).max(100) })

/** Contact list filters of the platform dialect. */
export const platformFilterEndpoints = (state: SandboxState): Endpoint[] => [
  platformEndpoint('GET', BASE, 'filters', (call) =>
    pageAnswer(call, { path: BASE, entities: state.filters.all() }, describe),
  ),
  platformEndpoint('POST', BASE, 'filters', (call) => create(state, call)),
  platformEndpoint('POST', `${BASE}/bulk/retrieve`, 'filters', (call) => {
    const ids = idsSchema.safeParse(call.body)
    if (!ids.success) return refuse('bad.request', 'At most 100 ids.')
    const found = ids.data.ids.filter((id) => state.filters.has(id))
    return { status: 200, body: { entities: found.map((id) => describe(state.filters.get(id))) } }
  }),
  platformEndpoint('POST', `${BASE}/preview`, 'filter-preview', (call) => preview(state, call)),
  platformEndpoint('GET', `${BASE}/:filterId`, 'filters', ({ params }) => ({
    status: 200,
    body: describe(state.filters.get(params['filterId'] ?? '')),
  })),
  platformEndpoint('PUT', `${BASE}/:filterId`, 'filters', (call) => update(state, call)),
  platformEndpoint('DELETE', `${BASE}/:filterId`, 'filters', (call) => remove(state, call)),
]
