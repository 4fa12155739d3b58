import { conjuncts, type PlacedLeaf, type PlacedNode, type PlacedRules } from '../placed.ts'
import { splitRules, type SplitRule } from '../split-rules.ts'
import type { AnalysedRules, ExclusionReading } from './analysed-rules.ts'
import type { Witness } from './contact-space.ts'
import type { Diagram } from './diagram.ts'
import { finding, type SegmentFinding } from './finding.ts'
import { createTwoReadings, type TwoReadings } from './two-readings.ts'

/**
 * For a part of the rules: the contacts that certainly fulfil the part (`true`), and the contacts
 * that certainly do not fulfil it (`false`). For all other contacts, the result is in doubt.
 */
type Sure = { true: Diagram; false: Diagram }

/**
 * Reads the doubted leaves as a database would: a comparison with an empty cell is neither true nor
 * false. Reads all other leaves as usual.
 */
const sureOf = (
  analysed: AnalysedRules,
  node: PlacedNode,
  doubted: readonly PlacedLeaf[],
): Sure => {
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
  // Not `analysed.contactsOf`, which remembers results by path: `splitRules` may have made `=` of
  // the `!=` at this path.
  const contacts = space.contactsOf(node.leaf)
  if (!doubted.includes(node)) return { true: contacts, false: space.not(contacts) }
  const filled = space.not(space.emptyIn(node.leaf.attribute))
  return {
    true: space.and([contacts, filled]),
    false: space.and([space.not(contacts), filled]),
  }
}

/** The rules in the form in which the dialect sends them. */
const sentRules = (rules: PlacedRules, reading: ExclusionReading): SplitRule[] => {
  if (reading === 'positive') return splitRules(rules)
  const inverted = rules.exclusions.map((child): PlacedNode => {
    return { path: child.path, kind: 'not', child }
  })
  return [...conjuncts(rules.conditions), ...inverted].map((node) => ({ action: 'include', node }))
}

const dialled = (
  analysed: AnalysedRules,
  sent: readonly SplitRule[],
  doubted: readonly PlacedLeaf[],
): Diagram => {
  const { space } = analysed
  return space.and(
    sent.map(({ action, node }) => {
      const sure = sureOf(analysed, node, doubted).true
      return action === 'include' ? sure : space.not(sure)
    }),
  )
}

/**
 * The leaves that a contact must not fulfil, because of a `not` or a `!=`. An empty cell can be in
 * doubt only for such a leaf, because an empty cell fulfils no other leaf.
 */
const failedLeaves = (node: PlacedNode, mustFail: boolean): PlacedLeaf[] => {
  if (node.kind === 'not') return failedLeaves(node.child, !mustFail)
  if (node.kind !== 'leaf') return node.children.flatMap((child) => failedLeaves(child, mustFail))
  return (node.leaf.operator === '!=') !== mustFail ? [node] : []
}

type Doubts = {
  analysed: AnalysedRules
  sent: readonly SplitRule[]
  readings: TwoReadings
  /** The contacts that are dialled if an empty cell is read as docs/segments.md says. */
  usual: Diagram
  /** The contacts that only one of the two readings dials. `lost`: only the usual one. */
  lost: Diagram
  gained: Diagram
}

type Doubtful = { contacts: Diagram; isLost: boolean }

/** The contacts for which it matters how empty cells are read in these leaves. */
const doubtfulFor = (
  { analysed: { space, ...analysed }, sent, usual, lost, gained }: Doubts,
  leaves: readonly PlacedLeaf[],
): Doubtful[] => {
  const others = dialled({ space, ...analysed }, sent, leaves)
  return [
    { contacts: space.and([lost, usual, space.not(others)]), isLost: true },
    { contacts: space.and([gained, others, space.not(usual)]), isLost: false },
  ].filter(({ contacts }) => !space.isEmpty(contacts))
}

const findingOf = (
  { analysed, readings }: Doubts,
  { contacts, isLost }: Doubtful,
  leavesFor: (witness: Witness) => readonly PlacedLeaf[],
  path: string,
): SegmentFinding => {
  const witness = analysed.space.witnessOf(
    contacts,
    (contact) => readings.usual(contact) === isLost && readings.doubting(contact) !== isLost,
  )
  if (witness === null) {
    const detail = 'The analysis could not show whether an empty cell decides who is dialled.'
    return finding('undecided', path, detail)
  }
  const [first, second] = leavesFor(witness)
  const columns = [...new Set(leavesFor(witness).map(({ leaf }) => JSON.stringify(leaf.attribute)))]
  const [has, does] = isLost ? ['selects', 'does not dial'] : ['leaves out', 'dials']
  const which = `whose ${columns.length === 1 ? 'column' : 'columns'} ${columns.join(', ')} ${columns.length === 1 ? 'is' : 'are'} empty`
  return finding(
    'empty-cells',
    first?.path ?? path,
    `With this rule, the segment ${has} contacts ${which}. Genesys may compare empty cells in a different way. If it does, it ${does} these contacts.`,
    { witness, ...(second === undefined ? {} : { otherPath: second.path }) },
  )
}

/**
 * Contacts for which no single leaf decides, because several leaves look at the same empty cell.
 * The finding names a few leaves that decide together. Leaves out the columns of `told`.
 */
const together = (
  doubts: Doubts,
  leaves: readonly PlacedLeaf[],
  told: readonly PlacedLeaf[],
): SegmentFinding[] => {
  const { analysed, lost, gained } = doubts
  const { space } = analysed
  const known = space.not(space.or(told.map(({ leaf }) => space.emptyIn(leaf.attribute))))
  const rest = [
    { contacts: space.and([lost, known]), isLost: true },
    { contacts: space.and([gained, known]), isLost: false },
  ].filter(({ contacts }) => !space.isEmpty(contacts))
  return rest.slice(0, 1).map((doubtful) => {
    const decide = (some: readonly PlacedLeaf[]): boolean =>
      doubtfulFor(doubts, some).some(
        ({ contacts }) => !space.isEmpty(space.and([contacts, doubtful.contacts])),
      )
    const needed = (witness: Witness): PlacedLeaf[] => {
      let kept = leaves.filter(({ leaf }) => witness[leaf.attribute] === '')
      for (const leaf of kept) {
        const fewer = kept.filter((other) => other !== leaf)
        if (decide(fewer)) kept = fewer
      }
      return kept
    }
    return findingOf(doubts, doubtful, needed, '')
  })
}

/**
 * Finds the comparisons in which an empty cell decides whether a contact is dialled. Genesys may
 * decide differently about these contacts. `rules`: the simplified rules, which are sent.
 */
export const analyseEmptyCells = (
  analysed: AnalysedRules,
  rules: PlacedRules,
  reading: ExclusionReading,
): SegmentFinding[] => {
  const { space } = analysed
  const sent = sentRules(rules, reading)
  const leaves = sent.flatMap(({ node }) => failedLeaves(node, false))
  const [usual, others] = [dialled(analysed, sent, []), dialled(analysed, sent, leaves)]
  const doubts: Doubts = {
    ...{ analysed, sent, usual },
    readings: createTwoReadings(sent, analysed.time.nowMs),
    lost: space.and([usual, space.not(others)]),
    gained: space.and([others, space.not(usual)]),
  }
  const found = leaves.flatMap((leaf) =>
    doubtfulFor(doubts, [leaf]).map((doubtful) => ({ leaf, doubtful })),
  )
  const findings = found.map(({ leaf, doubtful }) =>
    findingOf(doubts, doubtful, () => [leaf], leaf.path),
  )
  const told = found.map(({ leaf }) => leaf)
  return [...findings, ...together(doubts, leaves, told)]
}
