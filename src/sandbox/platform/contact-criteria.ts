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
/** ContactBulkSearchCriteria of SDK 262: clauses of predicates, two levels. */
export const criteriaSchema = z.object({
  filterType: joinedBy,
  clauses: z
    .array(z.object({ filterType: joinedBy, predicates: z.array(predicateSchema).min(1) }))
    .min(1),
})
export type Criteria = z.output<typeof criteriaSchema>

/** The help page of filters says 10 conditions at the most [platform-api: 2.8]. */
const MAX_PREDICATES = 10

type Comparable = number | string

const numberOf = (text: string): number | null => {
  const value = Number(text)
  return text.trim() === '' || !Number.isFinite(value) ? null : value
}

/** Both sides in the column's type; null where the cell cannot be read so, which no comparison is true of. */
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

const isInTime = ({ operator, value }: Predicate, cell: string): boolean => {
  const [left, right] = [Date.parse(cell), Date.parse(value!)]
  if (Number.isNaN(left)) return false
  return operator === 'BEFORE' ? left < right : left > right
}

/** Nothing is true of an empty cell; what is inverted is true of it then. */
const holds = (predicate: Predicate, cell: string): boolean => {
  if (cell === '') return false
  const { operator, value = '', range } = predicate
  if (operator === 'IN') {
    return range!.inSet!.some((literal) => compares(predicate, cell, literal, COMPARISONS.EQUALS!))
  }
  if (operator === 'BETWEEN') return isWithin(predicate, cell)
  const comparison = COMPARISONS[operator]
  return comparison ? compares(predicate, cell, value, comparison) : isInTime(predicate, cell)
}

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
  return assertNumeric(columnType, [min, max, ...(inSet ?? [])])
}

const assertPredicate = (list: StoredList, predicate: Predicate): void => {
  const { operator, columnType, column, value } = predicate
  if (!list.positions.has(column)) {
    refuse('column.does.not.match.contact.list', 'A column is not one of the contact list.')
  }
  if (operator === 'BETWEEN' || operator === 'IN') return assertRange(predicate)
  if (value === undefined) return refuse('value.required', 'The operator needs a value.')
  const timed = operator === 'BEFORE' || operator === 'AFTER'
  if (timed && Number.isNaN(Date.parse(value))) {
    refuse('invalid.date.value', 'Relative dates are not simulated; others are ISO 8601.')
  }
  return assertNumeric(columnType, [value])
}

/** Says of a contact's cells whether they are meant. Throws 400 with the codes that the platform documents. */
export const matcherOf = (list: StoredList, criteria: Criteria): ((cells: string) => boolean) => {
  const predicates = criteria.clauses.flatMap((clause) => clause.predicates)
  if (predicates.length > MAX_PREDICATES) refuse('bad.request', 'A filter has 10 conditions.')
  for (const predicate of predicates) assertPredicate(list, predicate)
  const joined = <T>(how: 'AND' | 'OR', parts: readonly T[], is: (part: T) => boolean): boolean =>
    how === 'AND' ? parts.every((part) => is(part)) : parts.some((part) => is(part))
  return (cells) => {
    const values = fieldsOf(list, cells)
    return joined(criteria.filterType, criteria.clauses, (clause) =>
      joined(
        clause.filterType,
        clause.predicates,
        (predicate) => holds(predicate, values[predicate.column] ?? '') !== predicate.inverted,
      ),
    )
  }
}
