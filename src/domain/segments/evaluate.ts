import { dateOf, momentOf } from './cell-date.ts'
import { compareToNumber, isNumberCell, spellNumber, stepsOf } from './cell-number.ts'
import {
  isLeaf,
  type Comparison,
  type Leaf,
  type Literal,
  type Range,
  type SegmentNode,
  type SegmentRules,
} from './segment.ts'

/**
 * The cell of a column. undefined: the contact does not have the column, which counts as an empty
 * cell.
 */
export type CellOf = (column: string) => string | undefined
export type Predicate = (cellOf: CellOf) => boolean
/** Tests the text of a cell that is not empty. */
export type CellTest = (cell: string) => boolean

const literalSteps = (value: number): bigint => stepsOf(spellNumber(value) ?? '') ?? 0n

/**
 * How the cell compares with the number: less than 0, 0 or more than 0. null: the cell is not a
 * number.
 */
const compared = (cell: string, value: number, steps: bigint): number | null =>
  isNumberCell(cell) ? compareToNumber(cell, value, steps) : null

const equals = (value: Literal): CellTest => {
  if (typeof value === 'string') return (cell) => cell === value
  const steps = literalSteps(value)
  return (cell) => compared(cell, value, steps) === 0
}

/**
 * Tests a cell against many numbers at once. If a cell of at most 15 characters is read as the same
 * floating-point number as a literal, both are the same number. Longer cells are compared exactly.
 */
const equalsOneOf = (values: readonly number[]): CellTest => {
  const literals = new Set(values)
  return (cell) => {
    if (!isNumberCell(cell)) return false
    const near = Number(cell)
    if (!literals.has(near)) return false
    return cell.length <= 15 || stepsOf(cell) === literalSteps(near)
  }
}

const ordered = (operator: string, value: number): CellTest => {
  const steps = literalSteps(value)
  const holds = {
    '<': (order: number) => order < 0,
    '<=': (order: number) => order <= 0,
    '>': (order: number) => order > 0,
    '>=': (order: number) => order >= 0,
  }[operator]
  return (cell) => {
    const order = compared(cell, value, steps)
    return order !== null && (holds?.(order) ?? false)
  }
}

const dated = (operator: string, value: string, nowMs: number): CellTest => {
  const moment = momentOf(value, nowMs)
  return (cell) => {
    const at = dateOf(cell)
    if (at === null || moment === null) return false
    return operator === 'before' ? at < moment : at > moment
  }
}

const within = (range: Range): CellTest => {
  const { min, max, minInclusive = true, maxInclusive = true } = range
  const tests = [
    ...(min === undefined ? [] : [ordered(minInclusive ? '>=' : '>', min)]),
    ...(max === undefined ? [] : [ordered(maxInclusive ? '<=' : '<', max)]),
  ]
  return (cell) => tests.every((test) => test(cell))
}

const comparison = ({ operator, value }: Comparison, nowMs: number): CellTest => {
  const text = String(value)
  switch (operator) {
    case '=':
    case '!=':
      return equals(value)
    case 'contains':
      return (cell) => cell.includes(text)
    case 'beginsWith':
      return (cell) => cell.startsWith(text)
    case 'endsWith':
      return (cell) => cell.endsWith(text)
    case 'before':
    case 'after':
      return dated(operator, text, nowMs)
    default:
      return ordered(operator, Number(value))
  }
}

/**
 * The test of a leaf without its negation, for cells that are not empty. `!=` uses the test of `=`,
 * because the result of `!=` is exactly the opposite. For an empty cell, `=` is false, so `!=` is
 * true.
 */
export const positiveTest = (leaf: Leaf, nowMs: number): CellTest => {
  if (leaf.operator === 'between') return within(leaf)
  if (leaf.operator !== 'in') return comparison(leaf, nowMs)
  const isNumber = equalsOneOf(leaf.values.filter((value) => typeof value === 'number'))
  const texts = new Set(leaf.values.filter((value) => typeof value === 'string'))
  return (cell) => texts.has(cell) || isNumber(cell)
}

const leafPredicate = (leaf: Leaf, nowMs: number): Predicate => {
  const test = positiveTest(leaf, nowMs)
  const negated = leaf.operator === '!='
  return (cellOf) => {
    const cell = cellOf(leaf.attribute)
    return (cell !== undefined && cell !== '' && test(cell)) !== negated
  }
}

/**
 * Whether a contact fulfils a tree. This function defines the meaning of trees: tests compare the
 * analysis and both compilers with it. `nowMs`: the time from which relative times count.
 */
export const predicateOf = (node: SegmentNode, nowMs: number): Predicate => {
  if (isLeaf(node)) return leafPredicate(node, nowMs)
  if ('not' in node) {
    const inner = predicateOf(node.not, nowMs)
    return (cellOf) => !inner(cellOf)
  }
  const children = ('all' in node ? node.all : node.any).map((child) => predicateOf(child, nowMs))
  return 'all' in node
    ? (cellOf) => children.every((child) => child(cellOf))
    : (cellOf) => children.some((child) => child(cellOf))
}

/** Whether a contact in one of the lists is dialled. An exclusion always wins. */
export const selectionOf = (
  rules: Pick<SegmentRules, 'conditions' | 'exclusions'>,
  nowMs: number,
): Predicate => {
  const included = rules.conditions === null ? () => true : predicateOf(rules.conditions, nowMs)
  const excluded = rules.exclusions.map((node) => predicateOf(node, nowMs))
  return (cellOf) => included(cellOf) && !excluded.some((exclusion) => exclusion(cellOf))
}
