import { conjuncts, type PlacedNode, type PlacedRules } from './placed.ts'

/** A contact is selected if it fulfils every `include` and no `exclude`. */
export type SplitRule = { action: 'include' | 'exclude'; node: PlacedNode }

const positiveOf = (node: PlacedNode): PlacedNode | null => {
  if (node.kind === 'not') return node.child
  if (node.kind === 'leaf') {
    const { leaf, path } = node
    return leaf.operator === '!=' ? { path, kind: 'leaf', leaf: { ...leaf, operator: '=' } } : null
  }
  const children = node.children.map(positiveOf)
  if (children.some((child) => child === null)) return null
  const kind = node.kind === 'all' ? 'any' : 'all'
  return { path: node.path, kind, children: children.filter((child) => child !== null) }
}

/**
 * Splits a condition into rules. If possible, removes a negation: a negated include becomes an
 * exclude with the positive condition, and a negated exclude becomes an include. Every comparison
 * except `!=` is false for an empty cell, so such an exclude never removes a contact because of an
 * empty cell.
 */
const rulesOf = (action: SplitRule['action'], node: PlacedNode): SplitRule[] => {
  const positive = positiveOf(node)
  if (positive !== null) return rulesOf(action === 'include' ? 'exclude' : 'include', positive)
  const splits = action === 'include' ? 'all' : 'any'
  return node.kind === splits
    ? node.children.flatMap((child) => rulesOf(action, child))
    : [{ action, node }]
}

/** The rules of a definition, as the guide dialect sends them. */
export const splitRules = ({ conditions, exclusions }: PlacedRules): SplitRule[] => [
  ...conjuncts(conditions).flatMap((node) => rulesOf('include', node)),
  ...exclusions.flatMap((node) => rulesOf('exclude', node)),
]
