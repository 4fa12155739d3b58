import { conjuncts, withDescendants, type PlacedGroup, type PlacedNode } from '../placed.ts'
import { minimalPaths, type AnalysedRules, type Part } from './analysed-rules.ts'
import { finding, type SegmentFinding } from './finding.ts'

const partsOf = (analysed: AnalysedRules, nodes: readonly PlacedNode[]): Part[] =>
  nodes.map((node) => ({ path: node.path, contacts: analysed.contactsOf(node) }))

/** The contacts that fulfil the conditions, before the exclusions are applied. */
const included = (analysed: AnalysedRules) =>
  analysed.space.and(conjuncts(analysed.rules.conditions).map((node) => analysed.contactsOf(node)))

const excluded = (analysed: AnalysedRules) =>
  analysed.space.or(analysed.rules.exclusions.map((node) => analysed.contactsOf(node)))

/**
 * Finds out whether the rules dial nobody. `unsatisfiable`: no contact can fulfil the conditions.
 * `swallowed-by-exclusion`: the exclusions remove all contacts that fulfil the conditions.
 */
export const analyseWhole = (analysed: AnalysedRules): SegmentFinding[] => {
  const { space, rules } = analysed
  const conditions = partsOf(analysed, conjuncts(rules.conditions))
  if (space.isEmpty(included(analysed))) {
    const paths = minimalPaths(conditions, (contacts) => space.isEmpty(space.and(contacts)))
    return [
      finding(
        'unsatisfiable',
        '/conditions',
        'No contact can fulfil these conditions, so nobody would be dialled.',
        { paths },
      ),
    ]
  }
  if (!space.isWithin(included(analysed), excluded(analysed))) return []
  const exclusions = partsOf(analysed, rules.exclusions)
  const paths = minimalPaths(exclusions, (contacts) =>
    space.isWithin(included(analysed), space.or(contacts)),
  )
  const inside = conjuncts(rules.conditions)
  const witness = analysed.witness(included(analysed), inside)
  return [
    finding(
      'swallowed-by-exclusion',
      rules.conditions?.path ?? '',
      'The exclusions remove everyone that the conditions include, so nobody would be dialled.',
      { severity: 'error', paths, ...(witness === null ? {} : { witness }) },
    ),
  ]
}

const groupsOf = (analysed: AnalysedRules): PlacedGroup[] =>
  [analysed.rules.conditions, ...analysed.rules.exclusions]
    .filter((node) => node !== null)
    .flatMap(withDescendants)
    .filter((node): node is PlacedGroup => node.kind === 'all' || node.kind === 'any')

/**
 * Finds `all` groups that no contact can fulfil, in the conditions and in the exclusions. `told`:
 * the findings so far. If `unsatisfiable` is among them, the conditions as a whole are not reported
 * again.
 */
export const analyseContradictions = (
  analysed: AnalysedRules,
  told: readonly SegmentFinding[],
): SegmentFinding[] => {
  const { space } = analysed
  const wholeIsEmpty = told.some(({ code }) => code === 'unsatisfiable')
  const findings: SegmentFinding[] = []
  for (const group of groupsOf(analysed)) {
    if (group.kind === 'any' || !space.isEmpty(analysed.contactsOf(group))) continue
    if (wholeIsEmpty && group.path === '/conditions') continue
    const paths = minimalPaths(partsOf(analysed, conjuncts(group)), (contacts) =>
      space.isEmpty(space.and(contacts)),
    )
    findings.push(
      finding('contradiction', group.path, 'No contact can fulfil all of these rules together.', {
        paths,
      }),
    )
  }
  return findings
}

/**
 * The branches of every `any` group that has only `all` and `any` groups above it. Each branch can
 * select contacts that the other branches of its group do not select.
 */
const branchesOf = (node: PlacedNode | null): PlacedNode[] => {
  if (node === null || node.kind === 'leaf' || node.kind === 'not') return []
  const deeper = node.children.flatMap(branchesOf)
  return node.kind === 'any' ? [...node.children, ...deeper] : deeper
}

/** Finds branches from which the exclusions remove all contacts. */
export const analyseSwallowed = (analysed: AnalysedRules): SegmentFinding[] => {
  const { space, rules } = analysed
  const outside = excluded(analysed)
  const exclusions = partsOf(analysed, rules.exclusions)
  return branchesOf(rules.conditions).flatMap((branch) => {
    const contacts = analysed.contactsOf(branch)
    if (space.isEmpty(contacts) || !space.isWithin(contacts, outside)) return []
    const paths = minimalPaths(exclusions, (parts) => space.isWithin(contacts, space.or(parts)))
    const [otherPath] = paths
    const witness = analysed.witness(contacts, [branch])
    return [
      finding(
        'swallowed-by-exclusion',
        branch.path,
        'The exclusions remove everyone in this branch.',
        {
          paths,
          ...(paths.length === 1 && otherPath !== undefined ? { otherPath } : {}),
          ...(witness === null ? {} : { witness }),
        },
      ),
    ]
  })
}

/** Finds exclusions that remove nobody whom the conditions include. */
export const analyseIdleExclusions = (analysed: AnalysedRules): SegmentFinding[] => {
  const { space, rules } = analysed
  if (space.isEmpty(included(analysed))) return []
  return rules.exclusions.flatMap((exclusion) => {
    const contacts = analysed.contactsOf(exclusion)
    if (space.isEmpty(contacts)) return []
    if (!space.isEmpty(space.and([contacts, included(analysed)]))) return []
    const paths = minimalPaths(partsOf(analysed, conjuncts(rules.conditions)), (parts) =>
      space.isEmpty(space.and([contacts, ...parts])),
    )
    return [
      finding(
        'redundant',
        exclusion.path,
        'This exclusion removes none of the contacts that the conditions select.',
        { paths },
      ),
    ]
  })
}
