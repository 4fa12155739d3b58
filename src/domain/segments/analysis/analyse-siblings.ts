import { isOfTheHouse, withDescendants, type PlacedNode } from '../placed.ts'
import { idleParts, minimalPaths, type AnalysedRules, type Part } from './analysed-rules.ts'
import { finding, type SegmentFinding } from './finding.ts'

/**
 * Rules in one group. `any`: a contact must fulfil at least one of them. `all`: a contact must
 * fulfil all of them. The exclusions are an `any` group.
 */
export type Siblings = { kind: 'all' | 'any'; children: readonly PlacedNode[] }

/** The most overlaps that one group of rules reports. */
const MOST_OVERLAPS = 100

/**
 * All groups with at least two rules, at every depth. The exclusions together are one group, to
 * which the exclusions of the configuration belong.
 */
export const siblingsOf = (analysed: AnalysedRules): Siblings[] => {
  const { conditions, exclusions } = analysed.rules
  const groups = [conditions, ...exclusions]
    .filter((node) => node !== null)
    .flatMap(withDescendants)
    .flatMap((node): Siblings[] =>
      node.kind === 'all' || node.kind === 'any'
        ? [{ kind: node.kind, children: node.children }]
        : [],
    )
  const together: Siblings = { kind: 'any', children: exclusions }
  return [...groups, together].filter(({ children }) => children.length > 1)
}

/** Whether the part `other` alone makes `part` superfluous. */
const covers = ({ space }: AnalysedRules, kind: 'all' | 'any', part: Part, other: Part) =>
  kind === 'all'
    ? space.isWithin(other.contacts, part.contacts)
    : space.isWithin(part.contacts, other.contacts)

const subsumedDetail = {
  all: 'Every contact that fulfils the other rule also fulfils this rule, so this rule changes nothing.',
  any: 'The other rule already selects every contact that this rule selects, so this rule changes nothing.',
} as const

/**
 * Finds rules that another rule, or several other rules together, make superfluous. If two rules
 * mean the same, the later one is reported. An exclusion of the configuration is never reported.
 */
export const analyseIdle = (analysed: AnalysedRules, { kind, children }: Siblings) => {
  const { space } = analysed
  const parts = children
    .map((node) => ({ node, path: node.path, contacts: analysed.contactsOf(node) }))
    .filter(({ contacts }) => !space.isEmpty(contacts))
  const idle = idleParts(analysed, kind, parts, ({ node }) => isOfTheHouse(node))
  return idle.toReversed().map((part): SegmentFinding => {
    // `idle` has the superfluous rules in the order in which they were found, from the last rule to
    // the first. A rule that was dropped earlier cannot be the reason for dropping this rule.
    const gone = idle.slice(0, idle.indexOf(part) + 1)
    const others = parts.filter((other) => !gone.includes(other))
    const one = others.find((other) => covers(analysed, kind, part, other))
    if (one !== undefined) {
      return finding('subsumed', part.path, subsumedDetail[kind], { otherPath: one.path })
    }
    const paths = minimalPaths(others, (contacts) =>
      kind === 'all'
        ? space.isWithin(space.and(contacts), part.contacts)
        : space.isWithin(part.contacts, space.or(contacts)),
    )
    const detail =
      'If you remove this rule, the remaining rules together select the same contacts as before.'
    return finding('redundant', part.path, detail, { paths })
  })
}

/**
 * Finds pairs of rules that share contacts. Leaves out a pair if one rule selects all contacts of
 * the other. The finding is `undecided` if no example contact could be made.
 */
export const analyseOverlaps = (analysed: AnalysedRules, siblings: Siblings): SegmentFinding[] => {
  const { space } = analysed
  const findings: SegmentFinding[] = []
  // An exclusion may share contacts with an exclusion of the configuration. The author of the
  // segment cannot change the configuration, so this overlap is not reported.
  const children = siblings.children.filter((node) => !isOfTheHouse(node))
  for (const [at, one] of children.entries()) {
    for (const other of children.slice(at + 1)) {
      if (findings.length === MOST_OVERLAPS) return findings
      const [a, b] = [analysed.contactsOf(one), analysed.contactsOf(other)]
      if (space.isWithin(a, b) || space.isWithin(b, a)) continue
      const both = space.and([a, b])
      if (space.isEmpty(both)) continue
      const witness = analysed.witness(both, [one, other])
      const places = { otherPath: other.path }
      findings.push(
        witness === null
          ? finding(
              'undecided',
              one.path,
              'The analysis could not show whether the two rules share contacts.',
              places,
            )
          : finding('overlap', one.path, 'A contact can fulfil both rules.', {
              ...places,
              witness,
            }),
      )
    }
  }
  return findings
}
