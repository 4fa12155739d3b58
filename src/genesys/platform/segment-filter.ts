import type { Compilation, CompileFault } from '../../domain/segments/compiled-segment.ts'
import type { PlacedNode, PlacedRules } from '../../domain/segments/placed.ts'
import type { Leaf, Literal } from '../../domain/segments/segment.ts'

/** The most conditions of a contact list filter [platform-api: 2.8]. */
const MOST_PREDICATES = 10

export type FilterPredicate = {
  column: string
  columnType: 'numeric' | 'alphabetic'
  operator: string
  value?: string
  range?: {
    min?: string
    max?: string
    minInclusive?: boolean
    maxInclusive?: boolean
    inSet?: string[]
  }
  inverted: boolean
}
type Join = 'AND' | 'OR'
export type FilterClause = { filterType: Join; predicates: FilterPredicate[] }
export type ContactListFilter = { filterType: Join; clauses: FilterClause[] }

/** A tree without negations: a negated condition is a predicate with `inverted`. */
type Tree =
  | { kind: 'predicate'; predicate: FilterPredicate; path: string }
  | { kind: Join; children: Tree[]; path: string }

const OPERATORS = {
  '=': 'EQUALS',
  '!=': 'EQUALS',
  '<': 'LESS_THAN',
  '<=': 'LESS_THAN_EQUALS',
  '>': 'GREATER_THAN',
  '>=': 'GREATER_THAN_EQUALS',
  contains: 'CONTAINS',
  beginsWith: 'BEGINS_WITH',
  endsWith: 'ENDS_WITH',
  before: 'BEFORE',
  after: 'AFTER',
} as const

const columnType = (literal: Literal | undefined): FilterPredicate['columnType'] =>
  typeof literal === 'number' ? 'numeric' : 'alphabetic'

const rangePredicate = (leaf: Extract<Leaf, { operator: 'between' }>): FilterPredicate => {
  const { min, max, minInclusive = true, maxInclusive = true } = leaf
  const base = { column: leaf.attribute, columnType: 'numeric', inverted: false } as const
  if (min !== undefined && max !== undefined) {
    const range = { min: String(min), max: String(max), minInclusive, maxInclusive }
    return { ...base, operator: 'BETWEEN', range }
  }
  const end =
    min === undefined
      ? { operator: OPERATORS[maxInclusive ? '<=' : '<'], value: String(max) }
      : { operator: OPERATORS[minInclusive ? '>=' : '>'], value: String(min) }
  return { ...base, ...end }
}

/**
 * The predicates of a leaf. A contact must meet at least one of them. Only an `in` with numbers and
 * texts needs two predicates.
 */
const predicatesOf = (leaf: Leaf): FilterPredicate[] => {
  if (leaf.operator === 'between') return [rangePredicate(leaf)]
  if (leaf.operator !== 'in') {
    return [
      {
        column: leaf.attribute,
        columnType: columnType(leaf.value),
        operator: OPERATORS[leaf.operator],
        value: String(leaf.value),
        inverted: leaf.operator === '!=',
      },
    ]
  }
  return [...Map.groupBy(leaf.values, columnType)].map(([type, values]) => ({
    column: leaf.attribute,
    columnType: type,
    operator: 'IN',
    range: { inSet: values.map(String) },
    inverted: false,
  }))
}

/**
 * Joins trees into a group. Merges child groups of the same kind into this group. If only one child
 * is left, returns this child without a group.
 */
const group = (kind: Join, children: Tree[], path: string): Tree => {
  const flat = children.flatMap((child) => (child.kind === kind ? child.children : [child]))
  const [only] = flat
  return flat.length === 1 && only !== undefined ? only : { kind, children: flat, path }
}

/**
 * A negation only sets `inverted`, and never replaces an operator by its opposite. With the
 * opposite operator, an empty cell could have a different result.
 */
const treeOf = (node: PlacedNode, negated: boolean): Tree => {
  const { path } = node
  if (node.kind === 'not') return treeOf(node.child, !negated)
  if (node.kind !== 'leaf') {
    const kind = (node.kind === 'all') === negated ? 'OR' : 'AND'
    const children = node.children.map((child) => treeOf(child, negated))
    return group(kind, children, path)
  }
  const predicates = predicatesOf(node.leaf).map((predicate): Tree => ({
    kind: 'predicate',
    predicate: { ...predicate, inverted: predicate.inverted !== negated },
    path,
  }))
  return group(negated ? 'AND' : 'OR', predicates, path)
}

const other = (kind: Join): Join => (kind === 'AND' ? 'OR' : 'AND')

const depthOf = (tree: Tree): number =>
  tree.kind === 'predicate' ? 0 : 1 + Math.max(...tree.children.map(depthOf))

const sizeOf = (tree: Tree): number =>
  tree.kind === 'predicate'
    ? 1
    : tree.children.reduce((predicates, child) => predicates + sizeOf(child), 0)

type Row = Extract<Tree, { kind: 'predicate' }>[]

/**
 * Turns the tree into rows, which are groups of predicates. `top` joins the rows. The other
 * operator joins the predicates of a row. null: the tree needs more than `MOST_PREDICATES` rows.
 */
const spread = (tree: Tree, top: Join): Row[] | null => {
  if (tree.kind === 'predicate') return [[tree]]
  const parts = tree.children.map((child) => spread(child, top))
  let rows: Row[] = tree.kind === top ? [] : [[]]
  for (const part of parts) {
    if (part === null) return null
    rows =
      tree.kind === top
        ? [...rows, ...part]
        : rows.flatMap((row) => part.map((more) => [...new Set([...row, ...more])]))
    if (rows.length > MOST_PREDICATES) return null
  }
  return rows
}

const filterOf = (rows: readonly Row[], top: Join): ContactListFilter => {
  // Rows with a single predicate go together into one clause, joined by `top`.
  const single = rows.filter((row) => row.length === 1).flat()
  const clauses = [
    ...(single.length === 0 ? [] : [{ filterType: top, row: single }]),
    ...rows.filter((row) => row.length > 1).map((row) => ({ filterType: other(top), row })),
  ]
  return {
    filterType: top,
    clauses: clauses.map(({ filterType, row }) => ({
      filterType,
      predicates: row.map(({ predicate }) => predicate),
    })),
  }
}

const tooComplex = (tree: Tree, detail: string): Compilation => {
  const widest =
    tree.kind === 'predicate'
      ? tree
      : tree.children.toSorted((one, next) => sizeOf(next) - sizeOf(one))[0]
  const fault: CompileFault = {
    code: 'segment-too-complex',
    path: widest?.path ?? tree.path,
    detail,
  }
  return { faults: [fault] }
}

const wholeTree = ({ conditions, exclusions }: PlacedRules): Tree | null => {
  const parts = [
    ...(conditions === null ? [] : [treeOf(conditions, false)]),
    ...exclusions.map((node) => treeOf(node, true)),
  ]
  return parts.length === 0 ? null : group('AND', parts, '/conditions')
}

/**
 * Compiles a definition to one contact list filter. `filter` is null if everyone in the list is
 * dialled.
 */
export const compilePlatformSegment = (rules: PlacedRules): Compilation => {
  const tree = wholeTree(rules)
  if (tree === null) return { compiled: { body: { filter: null }, ruleCount: 0, rulePaths: [] } }
  const forms = (['AND', 'OR'] as const).flatMap((top) => {
    const rows = spread(tree, top)
    return rows === null ? [] : [{ top, rows, predicates: rows.flat().length }]
  })
  const [best] = forms.toSorted((one, next) => one.predicates - next.predicates)
  if (best === undefined || best.predicates > MOST_PREDICATES) {
    return tooComplex(
      tree,
      depthOf(tree) > 2
        ? `A filter has at most two levels and ${MOST_PREDICATES} conditions. These rules are nested deeper. If they are written in two levels, they need more than ${MOST_PREDICATES} conditions.`
        : `A filter has at most ${MOST_PREDICATES} conditions; these rules need ${sizeOf(tree)}.`,
    )
  }
  return {
    compiled: {
      body: { filter: filterOf(best.rows, best.top) },
      ruleCount: best.predicates,
      rulePaths: [],
    },
  }
}
