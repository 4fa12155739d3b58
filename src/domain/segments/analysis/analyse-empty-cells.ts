import { conjuncts, type PlacedLeaf, type PlacedNode } from '../placed.ts'
import type { AnalysedRules, ExclusionReading } from './analysed-rules.ts'
import type { Diagram } from './diagram.ts'
import { finding, type SegmentFinding } from './finding.ts'

/** The contacts for which a tree is surely true and those for which it is surely false. */
type Sure = { true: Diagram; false: Diagram }

/**
 * As a database reads it: a comparison with an empty cell is neither true nor false, here for the
 * one leaf being checked. If two readings select the same contacts, there is no doubt about the
 * leaf.
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

/** A negated rule that the guide dialect sends as an exclusion of the positive one. */
const positiveOf = (node: PlacedNode): PlacedNode | null => {
  if (node.kind === 'not') return node.child
  if (node.kind !== 'leaf' || node.leaf.operator !== '!=') return null
  // A place of its own: what is known of the negated leaf is known by its path.
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
 * The leaves that a contact must fail, by `not`, by `!=` or by an exclusion: only these can let an
 * empty cell in.
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
 * Comparisons that decide about a contact by an empty cell, which the dialect may read differently.
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
            `This rule dials contacts whose column ${column} is empty. Genesys may read an empty cell the other way and not dial them.`,
            { witness },
          ),
    ]
  })
}
