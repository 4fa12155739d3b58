import type { Call } from '../server/endpoint.ts'
import type { Answer } from '../server/refusal.ts'
import { refuse } from './platform-list-rules.ts'

type Named = { id: string; name: string; dateCreated?: string; dateModified?: string }

const positive = (text: string | undefined, otherwise: number, most: number): number => {
  const value = Number(text ?? otherwise)
  if (Number.isInteger(value) && value >= 1 && value <= most) return value
  return refuse('bad.request', `Paging starts at 1, and a page has at most ${most}.`)
}

/** How each `filterType` of a query compares names. Default: by prefix (SDK 262). */
const FILTERS: Record<string, (name: string, wanted: string) => boolean> = {
  prefix: (name, wanted) => name.startsWith(wanted),
  equals: (name, wanted) => name === wanted,
  contains: (name, wanted) => name.includes(wanted),
  suffix: (name, wanted) => name.endsWith(wanted),
}

const filtered = <T extends Named>(call: Call, entities: readonly T[]): T[] => {
  const wanted = call.query['name']?.toLowerCase()
  const matches =
    FILTERS[(call.query['filterType'] ?? 'Prefix').toLowerCase()] ??
    refuse('bad.request', 'The filter type is not known.')
  const ids = call.valuesOf('id')
  return entities.filter(
    ({ id, name }) =>
      (!wanted || matches(name.toLowerCase(), wanted)) && (ids.length === 0 || ids.includes(id)),
  )
}

const SORTABLE = ['name', 'dateCreated', 'dateModified'] as const

const sorted = <T extends Named>(call: Call, entities: readonly T[]): readonly T[] => {
  const { sortBy, sortOrder } = call.query
  if (sortBy === undefined) return entities
  const field =
    SORTABLE.find((name) => name.toLowerCase() === sortBy.toLowerCase()) ??
    refuse('bad.request', 'The field cannot be sorted by.')
  const valueOf = (entity: T): string => entity[field] ?? ''
  const direction = sortOrder?.toLowerCase().startsWith('d') ? -1 : 1
  return entities.toSorted((a, b) =>
    valueOf(a) === valueOf(b) ? 0 : valueOf(a) < valueOf(b) ? -direction : direction,
  )
}

/**
 * The page of entities that a query of the platform requests, by name, ids and order. A page number
 * past the end gives the last page, or an empty page with `allowEmptyResult=true`. With
 * `wholeUnpaged` and no paging parameters, all entities are on one page, because the guides have no
 * pages.
 */
export const pageAnswer = <T extends Named>(
  call: Call,
  about: { path: string; entities: readonly T[]; wholeUnpaged?: boolean },
  describe: (entity: T) => unknown,
): Answer => {
  const found = sorted(call, filtered(call, about.entities))
  const { query } = call
  const paged = 'pageSize' in query || 'pageNumber' in query || about.wholeUnpaged !== true
  const pageSize = paged ? positive(query['pageSize'], 25, 100) : Math.max(1, found.length)
  const pageCount = Math.ceil(found.length / pageSize)
  const asked = positive(query['pageNumber'], 1, 1_000_000)
  const last = Math.max(1, pageCount)
  const pageNumber = query['allowEmptyResult'] === 'true' ? asked : Math.min(asked, last)
  const uri = (page: number): string => `${about.path}?pageSize=${pageSize}&pageNumber=${page}`
  return {
    status: 200,
    body: {
      entities: found.slice((pageNumber - 1) * pageSize, pageNumber * pageSize).map(describe),
      pageSize,
      pageNumber,
      total: found.length,
      pageCount,
      firstUri: uri(1),
      selfUri: uri(pageNumber),
      lastUri: uri(last),
      ...(pageNumber < pageCount ? { nextUri: uri(pageNumber + 1) } : {}),
      ...(pageNumber > 1 ? { previousUri: uri(pageNumber - 1) } : {}),
    },
  }
}
