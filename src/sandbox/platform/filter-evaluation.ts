/** How the sandbox reads a contact list filter: on its own, so that it can judge what the gateway compiles. */
export type SandboxPredicate = {
  column: string
  columnType?: string | undefined
  operator: string
  value?: string | undefined
  range?:
    | {
        min?: string | undefined
        max?: string | undefined
        minInclusive?: boolean | undefined
        maxInclusive?: boolean | undefined
        inSet?: readonly string[] | undefined
      }
    | undefined
  inverted?: boolean | undefined
}
export type SandboxClause = {
  filterType?: string | undefined
  predicates: readonly SandboxPredicate[]
}
export type SandboxFilter = {
  filterType?: string | undefined
  clauses: readonly SandboxClause[]
}

/**
 * What an inverted condition makes of an empty cell. Nobody has shown what the platform does, so the sandbox can do both: `fulfils`
 * negates the comparison, which is false; `fails` leaves empty cells out whatever the condition says.
 */
export type EmptyCells = 'fulfils' | 'fails'

const NUMBER = /^-?\d{1,15}(?:\.\d{1,15})?$/

const ordered = (operator: string, cell: number, value: number): boolean => {
  switch (operator) {
    case 'LESS_THAN':
      return cell < value
    case 'LESS_THAN_EQUALS':
      return cell <= value
    case 'GREATER_THAN':
      return cell > value
    case 'GREATER_THAN_EQUALS':
      return cell >= value
    default:
      return cell === value
  }
}

const inRange = (cell: number, { min, max, minInclusive, maxInclusive }: Range): boolean =>
  ordered(minInclusive === false ? 'GREATER_THAN' : 'GREATER_THAN_EQUALS', cell, Number(min)) &&
  ordered(maxInclusive === false ? 'LESS_THAN' : 'LESS_THAN_EQUALS', cell, Number(max))

type Range = NonNullable<SandboxPredicate['range']>

const numeric = ({ operator, value = '', range = {} }: SandboxPredicate, cell: string): boolean => {
  if (!NUMBER.test(cell)) return false
  const number = Number(cell)
  if (operator === 'IN') return (range.inSet ?? []).some((member) => Number(member) === number)
  if (operator === 'BETWEEN') return inRange(number, range)
  return ordered(operator, number, Number(value))
}

const alphabetic = (predicate: SandboxPredicate, cell: string, nowMs: number): boolean => {
  const { operator, value = '', range = {} } = predicate
  switch (operator) {
    case 'EQUALS':
      return cell === value
    case 'IN':
      return (range.inSet ?? []).includes(cell)
    case 'CONTAINS':
      return cell.includes(value)
    case 'BEGINS_WITH':
      return cell.startsWith(value)
    case 'ENDS_WITH':
      return cell.endsWith(value)
    case 'BEFORE':
    case 'AFTER':
      return dated(operator, cell, value, nowMs)
    default:
      return false
  }
}

const DATE = /^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?Z?)?$/
const FROM_NOW = /^P(?:(-?\d+)D)?(?:T(?:(-?\d+)H)?(?:(-?\d+)M)?)?$/

const moment = (text: string, nowMs: number): number => {
  const parts = FROM_NOW.exec(text)
  if (parts !== null) {
    const [days = 0, hours = 0, minutes = 0] = parts.slice(1).map((part) => Number(part ?? 0))
    return nowMs + ((days * 24 + hours) * 60 + minutes) * 60_000
  }
  if (!DATE.test(text)) return Number.NaN
  return Date.parse(text.length === 10 || text.endsWith('Z') ? text : `${text}Z`)
}

const dated = (operator: string, cell: string, value: string, nowMs: number): boolean => {
  const [at, bound] = [DATE.test(cell) ? moment(cell, nowMs) : Number.NaN, moment(value, nowMs)]
  return operator === 'BEFORE' ? at < bound : at > bound
}

const predicateHolds = (
  predicate: SandboxPredicate,
  cell: string,
  emptyCells: EmptyCells,
  nowMs: number,
): boolean => {
  if (cell === '') return predicate.inverted === true && emptyCells === 'fulfils'
  const holds =
    predicate.columnType === 'numeric'
      ? numeric(predicate, cell)
      : alphabetic(predicate, cell, nowMs)
  return holds !== (predicate.inverted === true)
}

const joined = (filterType: string | undefined, parts: readonly boolean[]): boolean =>
  filterType === 'OR' ? parts.includes(true) : !parts.includes(false)

/** Whether the filter lets a contact through. */
export const filterHolds = (
  filter: SandboxFilter,
  cellOf: (column: string) => string | undefined,
  { emptyCells, nowMs }: { emptyCells: EmptyCells; nowMs: number },
): boolean =>
  joined(
    filter.filterType,
    filter.clauses.map(({ filterType, predicates }) =>
      joined(
        filterType,
        predicates.map((predicate) =>
          predicateHolds(predicate, cellOf(predicate.column) ?? '', emptyCells, nowMs),
        ),
      ),
    ),
  )
