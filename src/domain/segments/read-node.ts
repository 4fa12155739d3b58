import { momentOf } from './cell-date.ts'
import { spellNumber, stepsOf } from './cell-number.ts'
import { pointerPart, type FaultBook } from './definition-faults.ts'
import {
  DATE_OPERATORS,
  OPERATORS,
  ORDERINGS,
  SEGMENT_LIMITS,
  TEXT_OPERATORS,
  type Leaf,
  type Literal,
  type Operator,
  type SegmentNode,
} from './segment.ts'

export type Members = Record<string, unknown>

/** Whether the value is an object of JSON. null and arrays are not objects. */
export const isObject = (value: unknown): value is Members =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Adds a fault for each member that is not in `known`. */
export const refuseUnknown = (
  members: Members,
  known: readonly string[],
  pointer: string,
  book: FaultBook,
): void => {
  for (const name of Object.keys(members)) {
    if (!known.includes(name)) book.add(`${pointer}/${pointerPart(name)}`, 'member-unknown')
  }
}

const isOneOf = <T extends string>(names: readonly T[], name: unknown): name is T =>
  (names as readonly unknown[]).includes(name)

const CONTROL = /[\p{Cc}\p{Cs}]/u

/**
 * Whether the value can name a column: 1 to 128 UTF-16 units, without control characters and lone
 * surrogates. Does not check whether a list has the column.
 */
export const isAttribute = (value: unknown): value is string =>
  typeof value === 'string' && value.length > 0 && value.length <= 128 && !CONTROL.test(value)

const isLiteral = (value: unknown): value is Literal => {
  if (typeof value === 'number') return spellNumber(value) !== null
  if (typeof value !== 'string') return false
  return value.length > 0 && value.length <= SEGMENT_LIMITS.literalChars && !CONTROL.test(value)
}

const readComparison = (
  node: Members,
  operator: Exclude<Operator, 'in' | 'between'>,
  pointer: string,
  book: FaultBook,
): Literal | null => {
  refuseUnknown(node, ['attribute', 'operator', 'value'], pointer, book)
  const place = `${pointer}/value`
  const { value } = node
  if (value === undefined) book.add(place, 'member-missing')
  else if (!isLiteral(value)) book.add(place, 'literal-invalid')
  else if (isOneOf(ORDERINGS, operator) && typeof value === 'string') {
    book.add(place, 'literal-not-orderable')
  } else if (isOneOf(TEXT_OPERATORS, operator) && typeof value === 'number') {
    book.add(place, 'literal-not-text')
  } else if (
    isOneOf(DATE_OPERATORS, operator) &&
    (typeof value === 'number' || momentOf(value, 0) === null)
  ) {
    book.add(place, 'literal-not-date')
  } else return value
  return null
}

const readValues = (node: Members, pointer: string, book: FaultBook): Literal[] | null => {
  refuseUnknown(node, ['attribute', 'operator', 'values'], pointer, book)
  const { values } = node
  const place = `${pointer}/values`
  if (values === undefined) {
    book.add(place, 'member-missing')
    return null
  }
  if (!Array.isArray(values) || values.length === 0 || values.length > SEGMENT_LIMITS.inValues) {
    book.add(place, 'values-invalid')
    return null
  }
  values.forEach((value, at) => {
    if (!isLiteral(value)) book.add(`${place}/${at}`, 'literal-invalid')
  })
  return values.every(isLiteral) ? [...new Set(values)] : null
}

const ENDS = ['min', 'max'] as const

const readRange = (
  node: Members,
  pointer: string,
  book: FaultBook,
): Omit<Extract<Leaf, { operator: 'between' }>, 'attribute' | 'operator'> | null => {
  const known = ['attribute', 'operator', 'min', 'max', 'minInclusive', 'maxInclusive']
  refuseUnknown(node, known, pointer, book)
  const range: { min?: number; max?: number; minInclusive?: boolean; maxInclusive?: boolean } = {}
  const before = book.faults.length
  for (const end of ENDS) {
    const value = node[end]
    if (value === undefined) continue
    if (typeof value === 'string') book.add(`${pointer}/${end}`, 'literal-not-orderable')
    else if (typeof value !== 'number' || !isLiteral(value)) {
      book.add(`${pointer}/${end}`, 'literal-invalid')
    } else range[end] = value
    const open = node[`${end}Inclusive`]
    if (open === undefined) continue
    if (typeof open === 'boolean') range[`${end}Inclusive`] = open
    else book.add(`${pointer}/${end}Inclusive`, 'value-invalid')
  }
  if (node['min'] === undefined && node['max'] === undefined) {
    book.add(pointer, 'range-without-ends')
  }
  if (book.faults.length > before) return null
  if (isUpsideDown(range)) {
    book.add(pointer, 'range-upside-down')
    return null
  }
  return range
}

const isUpsideDown = (range: {
  min?: number
  max?: number
  minInclusive?: boolean
  maxInclusive?: boolean
}): boolean => {
  if (range.min === undefined || range.max === undefined) return false
  const [min, max] = [range.min, range.max].map((end) => stepsOf(spellNumber(end) ?? '') ?? 0n)
  if (min === undefined || max === undefined || min > max) return true
  return min === max && (range.minInclusive === false || range.maxInclusive === false)
}

const readRest = (
  node: Members,
  operator: Operator,
  attribute: string,
  at: { pointer: string; book: FaultBook },
): Leaf | null => {
  const { pointer, book } = at
  if (operator === 'in') {
    const values = readValues(node, pointer, book)
    return values && { attribute, operator, values }
  }
  if (operator === 'between') {
    const range = readRange(node, pointer, book)
    return range && { attribute, operator, ...range }
  }
  const value = readComparison(node, operator, pointer, book)
  return value === null ? null : { attribute, operator, value }
}

/** Reads a comparison. null: it has faults, which were added to `book`. */
export const readLeaf = (node: Members, pointer: string, book: FaultBook): Leaf | null => {
  const { attribute, operator } = node
  const named = isAttribute(attribute)
  if (!named) {
    const code = attribute === undefined ? 'member-missing' : 'attribute-invalid'
    book.add(`${pointer}/attribute`, code)
  }
  if (!isOneOf(OPERATORS, operator)) {
    const code = operator === undefined ? 'member-missing' : 'operator-unknown'
    book.add(`${pointer}/operator`, code)
    return null
  }
  const leaf = readRest(node, operator, named ? attribute : '', { pointer, book })
  return named ? leaf : null
}

/** How many leaves the definition has used of the limit so far. */
export type Budget = { leaves: number }

const GROUPS = ['all', 'any', 'not'] as const
type Place = { pointer: string; depth: number }

const readGroup = (
  node: Members,
  group: (typeof GROUPS)[number],
  { pointer, depth }: Place,
  budget: Budget,
  book: FaultBook,
): SegmentNode | null => {
  refuseUnknown(node, [group], pointer, book)
  const inner = (child: unknown, step: string): SegmentNode | null =>
    readNode(child, { pointer: `${pointer}/${step}`, depth: depth + 1 }, budget, book)
  if (group === 'not') {
    const child = inner(node[group], 'not')
    return child && { not: child }
  }
  const members = node[group]
  if (!Array.isArray(members) || members.length === 0) {
    book.add(`${pointer}/${group}`, 'group-empty')
    return null
  }
  const children = members
    .slice(0, SEGMENT_LIMITS.leaves + 1)
    .map((child, index) => inner(child, `${group}/${index}`))
  const read = children.filter((child) => child !== null)
  if (read.length < children.length) return null
  return group === 'all' ? { all: read } : { any: read }
}

/**
 * Reads a tree of rules. null: the tree has faults, which were added to `book`. `depth`: the depth
 * of the node. The root has depth 1.
 */
export const readNode = (
  value: unknown,
  place: Place,
  budget: Budget,
  book: FaultBook,
): SegmentNode | null => {
  const { pointer, depth } = place
  const groups = isObject(value) ? GROUPS.filter((name) => name in value) : []
  const [group] = groups
  const isComparison = isObject(value) && ('attribute' in value || 'operator' in value)
  if (!isObject(value) || groups.length > 1 || (group === undefined) !== isComparison) {
    book.add(pointer, 'node-unclear')
    return null
  }
  if (depth > SEGMENT_LIMITS.depth) {
    book.add(pointer, 'depth-exceeded')
    return null
  }
  if (group !== undefined) return readGroup(value, group, place, budget, book)
  budget.leaves += 1
  if (budget.leaves === SEGMENT_LIMITS.leaves + 1) book.add(pointer, 'leaves-exceeded')
  return readLeaf(value, pointer, book)
}
