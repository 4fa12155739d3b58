import { isLeaf, type Leaf, type SegmentNode, type SegmentRules } from './segment.ts'

/**
 * A rule with its place, as a JSON pointer into the definition. An exclusion of the configuration
 * (SEGMENT_EXCLUSIONS) has a place under `/house`.
 */
export type PlacedNode = { path: string } & (
  | { kind: 'leaf'; leaf: Leaf }
  | { kind: 'not'; child: PlacedNode }
  | { kind: 'all' | 'any'; children: PlacedNode[] }
)
export type PlacedLeaf = Extract<PlacedNode, { kind: 'leaf' }>
export type PlacedGroup = Extract<PlacedNode, { kind: 'all' | 'any' }>

export type PlacedRules = { conditions: PlacedNode | null; exclusions: PlacedNode[] }

/** Gives the node and all nodes below it their places. `path`: the place of the node itself. */
export const place = (node: SegmentNode, path: string): PlacedNode => {
  if (isLeaf(node)) return { path, kind: 'leaf', leaf: node }
  if ('not' in node) return { path, kind: 'not', child: place(node.not, `${path}/not`) }
  const kind = 'all' in node ? 'all' : 'any'
  const nodes = 'all' in node ? node.all : node.any
  return { path, kind, children: nodes.map((child, at) => place(child, `${path}/${kind}/${at}`)) }
}

/** The rule without its places. It is the node from which `place` made the placed node. */
export const nodeOf = (placed: PlacedNode): SegmentNode => {
  if (placed.kind === 'leaf') return placed.leaf
  if (placed.kind === 'not') return { not: nodeOf(placed.child) }
  const nodes = placed.children.map(nodeOf)
  return placed.kind === 'all' ? { all: nodes } : { any: nodes }
}

/**
 * The rules of a definition. The exclusions of the configuration follow the exclusions of the
 * definition.
 */
export const placeRules = (
  rules: Pick<SegmentRules, 'conditions' | 'exclusions'>,
  house: readonly SegmentNode[],
): PlacedRules => ({
  conditions: rules.conditions === null ? null : place(rules.conditions, '/conditions'),
  exclusions: [
    ...rules.exclusions.map((node, at) => place(node, `/exclusions/${at}`)),
    ...house.map((node, at) => place(node, `/house/${at}`)),
  ],
})

/**
 * Whether the node belongs to an exclusion of the configuration. The author of a segment cannot
 * change such an exclusion.
 */
export const isOfTheHouse = ({ path }: PlacedNode): boolean => path.startsWith('/house/')

/** The node and all nodes below it. */
export const withDescendants = (node: PlacedNode): PlacedNode[] => {
  if (node.kind === 'leaf') return [node]
  const children = node.kind === 'not' ? [node.child] : node.children
  return [node, ...children.flatMap(withDescendants)]
}

/**
 * All comparisons of the rules: first those of the conditions, then those of the exclusions. The
 * exclusions of the configuration are included.
 */
export const placedLeavesOf = (rules: PlacedRules): PlacedLeaf[] =>
  [...(rules.conditions === null ? [] : [rules.conditions]), ...rules.exclusions]
    .flatMap(withDescendants)
    .filter((node): node is PlacedLeaf => node.kind === 'leaf')

/**
 * The parts of an `all`, including those of nested `all` nodes. For any other node, the node itself
 * is the only part.
 */
export const conjuncts = (node: PlacedNode | null): PlacedNode[] => {
  if (node === null) return []
  return node.kind === 'all' ? node.children.flatMap(conjuncts) : [node]
}
