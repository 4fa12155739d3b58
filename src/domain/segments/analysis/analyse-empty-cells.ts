import { conjuncts, type PlacedLeaf, type PlacedNode } from '../placed.ts'
import type { AnalysedRules, ExclusionReading } from './analysed-rules.ts'
import type { Diagram } from './diagram.ts'
import { finding, type SegmentFinding } from './finding.ts'

/**
 * For a part of the rules: the contacts that certainly fulfil the part (`true`), and the contacts
 * that certainly do not fulfil it (`false`). For all other contacts, the result is in doubt.
 */
type Sure = { true: Diagram; false: Diagram }

/**
 * Reads the doubted leaf as a database would: a comparison with an empty cell is neither true nor
 * false. Reads all other leaves as usual. If the contacts that are selected stay the same, an empty
 * cell does not matter for this leaf.
 */
const sureOf = (analysed: AnalysedRules, node: PlacedNode, doubted: PlacedLeaf): Sure => {
  const { space } = analysed
  if (node.kind === 'not') {
    const inner = sureOf(analysed, node.child, doubted)
    return { true: inner.false, false: inner.true }
  }
  if (node.kind !== 'leaf') {
    const children = node.children.map((child) => sureOf(analysed, child, doubted))
    const trues = children.map((child) => child.true)
    const falses = children.map((child) => child.false)
    return node.kind === 'all'
      ? { true: space.and(trues), false: space.or(falses) }
      : { true: space.or(trues), false: space.and(falses) }
  }
  const contacts = analysed.contactsOf(node)
  if (node.path !== doubted.path) return { true: contacts, false: space.not(contacts) }
  const filled = space.not(space.emptyIn(node.leaf.attribute))
  return {
    true: space.and([contacts, filled]),
    false: space.and([space.not(contacts), filled]),
  }
}

/**
 * The positive form of a negated rule, which the guide dialect sends as an exclusion. null: the
 * rule is not negated.
 */
const positiveOf = (node: PlacedNode): PlacedNode | null => {
  if (node.kind === 'not') return node.child
  if (node.kind !== 'leaf' || node.leaf.operator !== '!=') return null
  // The leaf gets a separate path, because the analysis remembers results by path.
  return { path: `${node.path}/=`, kind: 'leaf', leaf: { ...node.leaf, operator: '=' } }
}

const surelySelected = (
  analysed: AnalysedRules,
  doubted: PlacedLeaf,
  reading: ExclusionReading,
): Diagram => {
  const { space, rules } = analysed
  const keptOut = (exclusion: PlacedNode): Diagram => {
    const sure = sureOf(analysed, exclusion, doubted)
    return reading === 'positive' ? space.not(sure.true) : sure.false
  }
  const fulfilled = conjuncts(rules.conditions).map((node) => {
    const positive = reading === 'positive' ? positiveOf(node) : null
    return positive === null ? sureOf(analysed, node, doubted).true : keptOut(positive)
  })
  return space.and([...fulfilled, ...rules.exclusions.map(keptOut)])
}

/**
 * The leaves that a contact must not fulfil, because of a `not`, a `!=` or an exclusion. An empty
 * cell can make the rules select a contact only because of such a leaf.
 */
const failedLeaves = (node: PlacedNode, mustFail: boolean): PlacedLeaf[] => {
  if (node.kind === 'not') return failedLeaves(node.child, !mustFail)
  if (node.kind !== 'leaf') return node.children.flatMap((child) => failedLeaves(child, mustFail))
  return (node.leaf.operator === '!=') !== mustFail ? [node] : []
}

const doubtedLeaves = ({ rules }: AnalysedRules, reading: ExclusionReading): PlacedLeaf[] => [
  ...conjuncts(rules.conditions).flatMap((node) => {
    const positive = reading === 'positive' ? positiveOf(node) : null
    return positive === null ? failedLeaves(node, false) : failedLeaves(positive, false)
  }),
  ...rules.exclusions.flatMap((node) => failedLeaves(node, reading === 'inverted')),
]

/**
 * Finds the comparisons in which an empty cell decides whether a contact is dialled. Genesys may
 * decide differently about these contacts.
 */
export const analyseEmptyCells = (
  analysed: AnalysedRules,
  reading: ExclusionReading,
): SegmentFinding[] => {
  const { space, rules } = analysed
  const inside = conjuncts(rules.conditions)
  const selected = space.and([
    ...inside.map((node) => analysed.contactsOf(node)),
    ...rules.exclusions.map((node) => space.not(analysed.contactsOf(node))),
  ])
  return doubtedLeaves(analysed, reading).flatMap((leaf) => {
    const doubtful = space.and([
      selected,
      space.emptyIn(leaf.leaf.attribute),
      space.not(surelySelected(analysed, leaf, reading)),
    ])
    if (space.isEmpty(doubtful)) return []
    const column = JSON.stringify(leaf.leaf.attribute)
    const witness = analysed.witness(doubtful, inside, rules.exclusions)
    return [
      witness === null
        ? finding(
            'undecided',
            leaf.path,
            `The analysis could not show whether this rule dials contacts whose column ${column} is empty.`,
          )
        : finding(
            'empty-cells',
            leaf.path,
            `With this rule, the segment selects contacts whose column ${column} is empty. Genesys may compare empty cells in a different way. If it does, it does not dial these contacts.`,
            { witness },
          ),
    ]
  })
}
