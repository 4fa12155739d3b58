import { isOfTheHouse, withDescendants, type PlacedNode } from '../placed.ts'
import { idleParts, minimalPaths, type AnalysedRules, type Part } from './analysed-rules.ts'
import { finding, type SegmentFinding } from './finding.ts'

/** Sibling rules: `any` of them is enough, or `all` are needed. Exclusions are joined by `any`. */
export type Siblings = { kind: 'all' | 'any'; children: readonly PlacedNode[] }

/** The most overlaps in an answer. */
const MOST_OVERLAPS = 100

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

/** Whether the other alone makes the part superfluous. */
const covers = ({ space }: AnalysedRules, kind: 'all' | 'any', part: Part, other: Part) =>
  kind === 'all'
    ? space.isWithin(other.contacts, part.contacts)
    : space.isWithin(part.contacts, other.contacts)

const subsumedDetail = {
  all: 'Every contact that fulfils the other rule also fulfils this one, so it changes nothing.',
  any: 'The other rule also selects every contact that this one selects, so this one changes nothing.',
} as const

/**
 * Rules that one other rule, or several together, make superfluous. If two mean the same, the later
 * one is reported.
 */
export const analyseIdle = (analysed: AnalysedRules, { kind, children }: Siblings) => {
  const { space } = analysed
  const parts = children
    .map((node) => ({ node, path: node.path, contacts: analysed.contactsOf(node) }))
    .filter(({ contacts }) => !space.isEmpty(contacts))
  const idle = idleParts(analysed, kind, parts, ({ node }) => isOfTheHouse(node))
  return idle.toReversed().map((part): SegmentFinding => {
    // What was found superfluous behind this one does not count as a reason for it.
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
    const detail = 'The other rules together make this one superfluous.'
    return finding('redundant', part.path, detail, { paths })
  })
}

/**
 * Pairs of `any` that share contacts although neither contains the other. `undecided` if no contact
 * could be made to prove it.
 */
export const analyseOverlaps = (analysed: AnalysedRules, siblings: Siblings): SegmentFinding[] => {
  const { space } = analysed
  const findings: SegmentFinding[] = []
  // That an exclusion shares contacts with one of the house goes without saying.
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
