import { isOfTheHouse, type PlacedGroup, type PlacedNode, type PlacedRules } from '../placed.ts'
import { idleParts, type AnalysedRules } from './analysed-rules.ts'

const needed = (
  analysed: AnalysedRules,
  kind: 'all' | 'any',
  children: readonly PlacedNode[],
): PlacedNode[] => {
  const parts = children.map((node) => ({
    node,
    path: node.path,
    contacts: analysed.contactsOf(node),
  }))
  const idle = idleParts(analysed, kind, parts, ({ node }) => isOfTheHouse(node))
  return children.filter((child) => !idle.some(({ node }) => node === child))
}

/** Replaces a group by its children if it is inside a group of the same kind. */
const flat = (kind: 'all' | 'any', children: readonly PlacedNode[]): PlacedNode[] =>
  children.flatMap((child) => (child.kind === kind ? flat(kind, child.children) : [child]))

const simplifiedGroup = (analysed: AnalysedRules, group: PlacedGroup): PlacedNode => {
  const children = flat(
    group.kind,
    group.children.map((child) => simplifiedNode(analysed, child)),
  )
  const kept = needed(analysed, group.kind, children)
  const [only] = kept
  if (kept.length === 1 && only !== undefined) return only
  return { ...group, children: kept }
}

const simplifiedNode = (analysed: AnalysedRules, node: PlacedNode): PlacedNode => {
  if (node.kind === 'leaf') return node
  if (node.kind !== 'not') return simplifiedGroup(analysed, node)
  const child = simplifiedNode(analysed, node.child)
  return child.kind === 'not' ? child.child : { ...node, child }
}

/**
 * The analysed rules without the parts that are proved superfluous. The rules keep their meaning
 * and all exclusions of the configuration. Throws `BudgetSpent` when the budget is used up.
 */
export const simplify = (analysed: AnalysedRules): PlacedRules => {
  const { conditions, exclusions } = analysed.rules
  return {
    conditions: conditions === null ? null : simplifiedNode(analysed, conditions),
    exclusions: needed(
      analysed,
      'any',
      exclusions.map((node) => simplifiedNode(analysed, node)),
    ),
  }
}
