import { z } from 'zod'

import { fieldsOf, type StoredList } from '../state/list-store.ts'
import { refuse } from './platform-list-rules.ts'

const OPERATORS = [
  'EQUALS',
  'LESS_THAN',
  'LESS_THAN_EQUALS',
  'GREATER_THAN',
  'GREATER_THAN_EQUALS',
  'CONTAINS',
  'BEGINS_WITH',
  'ENDS_WITH',
  'BEFORE',
  'AFTER',
  'BETWEEN',
  'IN',
] as const

const rangeSchema = z.object({
  min: z.string().optional(),
  max: z.string().optional(),
  minInclusive: z.boolean().default(true),
  maxInclusive: z.boolean().default(true),
  inSet: z.array(z.string()).optional(),
})
const predicateSchema = z.object({
  column: z.string(),
  columnType: z.enum(['numeric', 'alphabetic']).default('alphabetic'),
  operator: z.enum(OPERATORS),
  value: z.string().optional(),
  range: rangeSchema.optional(),
  inverted: z.boolean().default(false),
})
type Predicate = z.output<typeof predicateSchema>

const joinedBy = z.enum(['AND', 'OR']).default('AND')
/** ContactBulkSearchCriteria of SDK 262: clauses of predicates, in two levels. */
export const criteriaSchema = z.object({
  filterType: joinedBy,
  clauses: z
    .array(z.object({ filterType: joinedBy, predicates: z.array(predicateSchema).min(1) }))
    .min(1),
})
export type Criteria = z.output<typeof criteriaSchema>

/** The most conditions of a filter, by Genesys' help page on filters [platform-api: 2.8]. */
const MAX_PREDICATES = 10

type Comparable = number | string

const NUMBER = /^-?\d{1,15}(?:\.\d{1,15})?$/

const numberOf = (text: string): number | null => (NUMBER.test(text) ? Number(text) : null)

/**
 * How an inverted condition treats an empty cell. The behaviour of the platform is not known, so
 * the sandbox can do both. `fulfils`: the comparison is false for an empty cell, so the inverted
 * condition is true. `fails`: an empty cell never fulfils the condition.
 */
export type EmptyCells = 'fulfils' | 'fails'
export type CriteriaReading = { emptyCells: EmptyCells; nowMs: number }

const FROM_NOW = /^P(?:(-?\d+)D)?(?:T(?:(-?\d+)H)?(?:(-?\d+)M)?)?$/
const DATE = /^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?Z?)?$/

/**
 * The time that a cell or a literal names, in milliseconds. The text is a date, or a time relative
 * to now. NaN: it is neither.
 */
const momentOf = (text: string, nowMs: number): number => {
  const parts = FROM_NOW.exec(text)
  if (parts !== null) {
    const [days = 0, hours = 0, minutes = 0] = parts.slice(1).map((part) => Number(part ?? 0))
    return nowMs + ((days * 24 + hours) * 60 + minutes) * 60_000
  }
  if (!DATE.test(text)) return Number.NaN
  return Date.parse(text.length === 10 || text.endsWith('Z') ? text : `${text}Z`)
}

/**
 * Both sides of a comparison, converted to the type of the column. null: the cell has no value of
 * this type, so every comparison with the cell is false.
 */
const sidesOf = (
  { columnType }: Predicate,
  cell: string,
  literal: string,
): [Comparable, Comparable] | null => {
  if (columnType === 'alphabetic') return [cell, literal]
  const [left, right] = [numberOf(cell), numberOf(literal)]
  return left === null || right === null ? null : [left, right]
}

type Comparison = (cell: Comparable, literal: Comparable) => boolean
const COMPARISONS: Partial<Record<Predicate['operator'], Comparison>> = {
  EQUALS: (cell, literal) => cell === literal,
  LESS_THAN: (cell, literal) => cell < literal,
  LESS_THAN_EQUALS: (cell, literal) => cell <= literal,
  GREATER_THAN: (cell, literal) => cell > literal,
  GREATER_THAN_EQUALS: (cell, literal) => cell >= literal,
  CONTAINS: (cell, literal) => String(cell).includes(String(literal)),
  BEGINS_WITH: (cell, literal) => String(cell).startsWith(String(literal)),
  ENDS_WITH: (cell, literal) => String(cell).endsWith(String(literal)),
}

const compares = (predicate: Predicate, cell: string, literal: string, how: Comparison) => {
  const sides = sidesOf(predicate, cell, literal)
  return sides !== null && how(...sides)
}

const isWithin = (predicate: Predicate, cell: string): boolean => {
  const { min, max, minInclusive, maxInclusive } = predicate.range!
  const above =
    min === undefined ||
    compares(
      predicate,
      cell,
      min,
      (left, right) => left > right || (minInclusive && left === right),
    )
  const below =
    max === undefined ||
    compares(
      predicate,
      cell,
      max,
      (left, right) => left < right || (maxInclusive && left === right),
    )
  return above && below
}

const isInTime = ({ operator, value }: Predicate, cell: string, nowMs: number): boolean => {
  const [left, right] = [DATE.test(cell) ? momentOf(cell, nowMs) : NaN, momentOf(value!, nowMs)]
  return operator === 'BEFORE' ? left < right : left > right
}

/** Whether a cell that is not empty fulfils the predicate before `inverted` is applied. */
const holds = (predicate: Predicate, cell: string, nowMs: number): boolean => {
  const { operator, value = '', range } = predicate
  if (operator === 'IN') {
    return range!.inSet!.some((literal) => compares(predicate, cell, literal, COMPARISONS.EQUALS!))
  }
  if (operator === 'BETWEEN') return isWithin(predicate, cell)
  const comparison = COMPARISONS[operator]
  return comparison
    ? compares(predicate, cell, value, comparison)
    : isInTime(predicate, cell, nowMs)
}

const isMeant = (predicate: Predicate, cell: string, reading: CriteriaReading): boolean =>
  cell === ''
    ? predicate.inverted && reading.emptyCells === 'fulfils'
    : holds(predicate, cell, reading.nowMs) !== predicate.inverted

const assertNumeric = (columnType: string, literals: readonly (string | undefined)[]): void => {
  const wrong = literals.some((text) => text !== undefined && numberOf(text) === null)
  if (columnType === 'numeric' && wrong) {
    refuse('value.did.not.match.column.type', 'A value of a numeric column is a number.')
  }
}

const assertRange = ({ operator, columnType, range }: Predicate): void => {
  if (!range) return refuse('range.required', 'The operator needs a range.')
  const { min, max, inSet } = range
  if (operator === 'IN' && !inSet?.length) refuse('range.set.required', 'A set is needed.')
  if (operator === 'BETWEEN' && min === undefined) refuse('range.min.required', 'min is needed.')
  if (operator === 'BETWEEN' && max === undefined) refuse('range.max.required', 'max is needed.')
  assertNumeric(columnType, [min, max, ...(inSet ?? [])])
  if (columnType === 'numeric' && Number(max) < Number(min)) {
    refuse('max.less.than.min', 'The range ends before it begins.')
  }
}

const assertPredicate = (list: StoredList, predicate: Predicate): void => {
  const { operator, columnType, column, value } = predicate
  if (!list.positions.has(column)) {
    refuse('column.does.not.match.contact.list', 'A column is not one of the contact list.')
  }
  if (operator === 'BETWEEN' || operator === 'IN') return assertRange(predicate)
  if (value === undefined) return refuse('value.required', 'The operator needs a value.')
  const timed = operator === 'BEFORE' || operator === 'AFTER'
  if (timed && Number.isNaN(momentOf(value, 0))) {
    refuse('invalid.date.value', 'A date is ISO 8601, or a time from now such as P-07D.')
  }
  return assertNumeric(columnType, [value])
}

const joined = <T>(how: 'AND' | 'OR', parts: readonly T[], is: (part: T) => boolean): boolean =>
  how === 'AND' ? parts.every((part) => is(part)) : parts.some((part) => is(part))

/** Whether a contact with these cells fulfils the criteria. */
export const criteriaMean = (
  criteria: Criteria,
  cellOf: (column: string) => string | null | undefined,
  reading: CriteriaReading,
): boolean =>
  joined(criteria.filterType, criteria.clauses, (clause) =>
    joined(clause.filterType, clause.predicates, (predicate) =>
      isMeant(predicate, cellOf(predicate.column) ?? '', reading),
    ),
  )

/** Checks criteria. Throws 400 with the codes that the platform documents. */
export const assertCriteria = (list: StoredList, criteria: Criteria): void => {
  const predicates = criteria.clauses.flatMap((clause) => clause.predicates)
  if (predicates.length > MAX_PREDICATES) refuse('bad.request', 'A filter has 10 conditions.')
  for (const predicate of predicates) assertPredicate(list, predicate)
}

/**
 * Makes a function that says whether a contact's cells fulfil the criteria. Throws like
 * `assertCriteria`.
 */
export const matcherOf = (
  list: StoredList,
  criteria: Criteria,
  reading: CriteriaReading,
): ((cells: string) => boolean) => {
  assertCriteria(list, criteria)
  return (cells) => {
    const values = fieldsOf(list, cells)
    return criteriaMean(criteria, (column) => values[column], reading)
  }
}
