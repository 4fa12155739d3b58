import { positiveTest, predicateOf } from '../evaluate.ts'
import { isLeaf, type Comparison, type Leaf, type SegmentNode } from '../segment.ts'
import { cellClassesOf, type CellClass } from './cell-classes.ts'
import {
  ALWAYS,
  NEVER,
  createDiagrams,
  type Diagram,
  type DiagramBudget,
  type Diagrams,
} from './diagram.ts'
import { excludes, guessCell, implies, isOpaque } from './opaque-leaves.ts'

/** An example contact: cells by column. A column that is left out may have any cell. */
export type Witness = Record<string, string>

/**
 * The set of all possible contacts. Two contacts count as one if no comparison of the definition
 * can distinguish them.
 */
export type ContactSpace = {
  and(parts: readonly Diagram[]): Diagram
  or(parts: readonly Diagram[]): Diagram
  not(part: Diagram): Diagram
  /** The contacts that a tree selects. */
  contactsOf(node: SegmentNode): Diagram
  /** The contacts whose cell in the column is empty. */
  emptyIn(column: string): Diagram
  /**
   * Whether none of these contacts is possible. true is always correct. false may be wrong if the
   * rules have text operators or date operators.
   */
  isEmpty(contacts: Diagram): boolean
  isWithin(part: Diagram, whole: Diagram): boolean
  /**
   * An example of these contacts that `holds` confirms. null: there is none, or none could be made.
   */
  witnessOf(contacts: Diagram, holds: (contact: Witness) => boolean): Witness | null
}

type Column = { name: string; level: number; classes: CellClass[]; opaque: Opaque[] }
type Opaque = { leaf: Comparison; level: number; key: string }

const keyOf = (leaf: Leaf): string => JSON.stringify(leaf)
/**
 * The leaf without negation. The result of `!=` is exactly the opposite of the result of `=`, so
 * both need the same test.
 */
const asked = (leaf: Leaf): Leaf => (leaf.operator === '!=' ? { ...leaf, operator: '=' } : leaf)

/**
 * The result of a leaf for the cells of a class. undefined: the class alone does not decide the
 * result.
 */
const verdictsOf = (leaf: Leaf, nowMs: number): ((cell: CellClass) => boolean | undefined) => {
  const test = positiveTest(leaf, nowMs)
  const isDated = leaf.operator === 'before' || leaf.operator === 'after'
  return (cell) => {
    if (cell.kind === 'empty') return false
    if (!isOpaque(leaf) || cell.fixed) return test(cell.sample)
    return isDated && cell.kind === 'number' ? false : undefined
  }
}

/**
 * Merges classes of cells if every leaf has the same result for all of these classes. Never merges
 * the empty cell with another class, or a class of numbers with a class of texts.
 */
const told = (
  leaves: readonly Leaf[],
  { spend }: Pick<Diagrams, 'spend'>,
  nowMs: number,
): CellClass[] => {
  const verdicts = leaves.map((leaf) => verdictsOf(leaf, nowMs))
  const bySignature = new Map<string, CellClass>()
  for (const cell of cellClassesOf(leaves, spend)) {
    spend(verdicts.length)
    const said = verdicts.map((verdict) => verdict(cell) ?? '?')
    const signature = `${cell.kind === 'empty'}:${cell.kind === 'number'}:${said.join()}`
    if (!bySignature.has(signature)) bySignature.set(signature, cell)
  }
  return [...bySignature.values()]
}

const columnsOf = (
  leaves: readonly Leaf[],
  diagrams: Diagrams,
  nowMs: number,
): Map<string, Column> => {
  const byColumn = Map.groupBy(leaves.map(asked), ({ attribute }) => attribute)
  const columns = new Map<string, Column>()
  let level = 0
  for (const [name, own] of byColumn) {
    const column: Column = { name, level, classes: told(own, diagrams, nowMs), opaque: [] }
    level += 1
    for (const [key, leaf] of new Map(own.map((one) => [keyOf(one), one]))) {
      if (!isOpaque(leaf)) continue
      column.opaque.push({ leaf, level, key })
      level += 1
    }
    columns.set(name, column)
  }
  return columns
}

const ask = (columns: () => Map<string, Column>, diagrams: Diagrams, nowMs: number) => {
  const questions = new Map<string, Diagram>()
  return (leaf: Leaf): Diagram => {
    const key = keyOf(leaf)
    const before = questions.get(key)
    if (before !== undefined) return before
    const column = columns().get(leaf.attribute) as Column
    const own = column.opaque.find((opaque) => opaque.key === key)
    const verdictOf = verdictsOf(leaf, nowMs)
    const diagram = byClass(diagrams, column, (cell) => {
      const verdict = verdictOf(cell)
      if (verdict !== undefined) return verdict ? ALWAYS : NEVER
      return own === undefined ? NEVER : bit(diagrams, own.level)
    })
    questions.set(key, diagram)
    return diagram
  }
}

const bit = (diagrams: Diagrams, level: number): Diagram => diagrams.node(level, [NEVER, ALWAYS])

const byClass = (
  diagrams: Diagrams,
  column: Column,
  child: (cell: CellClass) => Diagram,
): Diagram => diagrams.node(column.level, column.classes.map(child))

const contactOnWay = (
  columns: Iterable<Column>,
  way: Map<number, number>,
  nowMs: number,
): Witness => {
  const cells: [column: string, cell: string][] = []
  for (const column of columns) {
    const value = way.get(column.level)
    const wanted = column.opaque.filter(({ level }) => way.get(level) === 1)
    if (value === undefined && wanted.length === 0) continue
    const { fixed, sample } = column.classes[value ?? 0] as CellClass
    const leaves = wanted.map(({ leaf }) => leaf)
    cells.push([column.name, leaves.length > 0 && !fixed ? guessCell(leaves, nowMs) : sample])
  }
  return Object.fromEntries(cells)
}

/**
 * `nowMs`: the time from which relative times count. Every operation of the space throws
 * `BudgetSpent` when the budget is used up. This function itself does not.
 */
export const createContactSpace = (
  leaves: readonly Leaf[],
  { nowMs, budget }: { nowMs: number; budget: DiagramBudget },
): ContactSpace => {
  const diagrams = createDiagrams(budget)
  let made: Map<string, Column> | undefined
  // Built by the first question, because only questions may use up the budget.
  const columns = (): Map<string, Column> => (made ??= columnsOf(leaves, diagrams, nowMs))
  const question = ask(columns, diagrams, nowMs)
  const all = (parts: readonly Diagram[]): Diagram => parts.reduce(diagrams.and, ALWAYS)
  const any = (parts: readonly Diagram[]): Diagram => parts.reduce(diagrams.or, NEVER)
  const contactsOf = (node: SegmentNode): Diagram => {
    if (isLeaf(node)) {
      const positive = question(asked(node))
      return node.operator === '!=' ? diagrams.not(positive) : positive
    }
    if ('not' in node) return diagrams.not(contactsOf(node.not))
    return 'all' in node ? all(node.all.map(contactsOf)) : any(node.any.map(contactsOf))
  }
  let known: Diagram | undefined
  const possible = (): Diagram => (known ??= possibleContacts(columns(), diagrams, nowMs))
  return {
    and: all,
    or: any,
    not: diagrams.not,
    contactsOf,
    emptyIn: (name) =>
      byClass(diagrams, columns().get(name) as Column, ({ kind }) =>
        kind === 'empty' ? ALWAYS : NEVER,
      ),
    isEmpty: (contacts) => !diagrams.meet(possible(), contacts),
    isWithin: (part, whole) => !diagrams.meet(diagrams.and(possible(), part), diagrams.not(whole)),
    witnessOf: (contacts, holds) => {
      const way = diagrams.wayToTrue(diagrams.and(possible(), contacts))
      if (way === null) return null
      const contact = contactOnWay(columns().values(), way, nowMs)
      return holds(contact) ? contact : null
    },
  }
}

/** The value that `one` gives to `other`, if `one` is fulfilled or not. undefined: either value. */
const forcedBy = (
  one: Opaque,
  isFulfilled: boolean,
  other: Opaque,
  nowMs: number,
): boolean | undefined => {
  if (!isFulfilled) return implies(other.leaf, one.leaf, nowMs) ? false : undefined
  if (implies(one.leaf, other.leaf, nowMs)) return true
  return excludes(one.leaf, other.leaf, nowMs) ? false : undefined
}

/**
 * The contacts that are possible. The diagrams treat the text operators and date operators of one
 * column as independent. In fact, one comparison may imply or exclude another, so some combinations
 * never occur. Built from the last level to the first. So a hundred prefixes that exclude each
 * other need some hundred nodes, because all of them share their ends.
 */
const possibleContacts = (
  columns: ReadonlyMap<string, Column>,
  diagrams: Diagrams,
  nowMs: number,
): Diagram => {
  /** The contacts whose values in `others` are those that `one` gives to them. */
  const allForced = (one: Opaque, isFulfilled: boolean, others: readonly Opaque[]): Diagram =>
    others.reduceRight((forced, other) => {
      const value = forcedBy(one, isFulfilled, other, nowMs)
      if (value === undefined) return forced
      return diagrams.node(other.level, value ? [NEVER, forced] : [forced, NEVER])
    }, ALWAYS)
  let possible = ALWAYS
  for (const { opaque } of [...columns.values()].toReversed()) {
    for (const [at, one] of [...opaque.entries()].toReversed()) {
      const others = opaque.slice(at + 1)
      const children = [false, true].map((isFulfilled) =>
        diagrams.and(possible, allForced(one, isFulfilled, others)),
      )
      possible = diagrams.node(one.level, children)
    }
  }
  return possible
}

/** The cell of an example contact. A column may have the name of a member of every object. */
export const cellIn = (contact: Witness, column: string): string | undefined =>
  Object.hasOwn(contact, column) ? contact[column] : undefined

/** Makes a test of whether the tree selects an example contact. */
export const selects = (node: SegmentNode, nowMs: number) => {
  const predicate = predicateOf(node, nowMs)
  return (contact: Witness): boolean => predicate((column) => cellIn(contact, column))
}
