import type { AnalysisReport, CampaignSegment } from '../../domain/segments/campaign-segment.ts'
import { nodeOf, placeRules, withDescendants } from '../../domain/segments/placed.ts'
import {
  isLeaf,
  type Leaf,
  type Literal,
  type SegmentDefinition,
  type SegmentNode,
} from '../../domain/segments/segment.ts'
import { canonicalJson } from '../../lib/canonical-json.ts'
import { ENGLISH, fill } from '../texts/texts.ts'

const { segments: words } = ENGLISH

const quoted = (value: Literal): string => (typeof value === 'string' ? `“${value}”` : `${value}`)

/** How many values of a long list are shown. */
const SHOWN_VALUES = 12

const valuesOf = (values: readonly Literal[]): string => {
  const shown = values.slice(0, SHOWN_VALUES).map(quoted).join(', ')
  const more = values.length - SHOWN_VALUES
  return more > 0 ? `${shown}, ${fill(words.moreValues, { count: more })}` : shown
}

/** A comparison in words: `city is one of “Boston”, “Chicago”`. */
const leafWords = (leaf: Leaf): string => {
  const { attribute } = leaf
  if (leaf.operator === 'in') {
    return fill(words.sentences.in, { attribute, value: valuesOf(leaf.values) })
  }
  if (leaf.operator === 'between') {
    const least = leaf.minInclusive === false ? words.sentences.above : words.sentences.from
    const most = leaf.maxInclusive === false ? words.sentences.below : words.sentences.to
    const ends = [
      ...(leaf.min === undefined ? [] : [fill(least, { value: `${leaf.min}` })]),
      ...(leaf.max === undefined ? [] : [fill(most, { value: `${leaf.max}` })]),
    ]
    return `${attribute} ${ends.join(` ${words.sentences.and} `)}`
  }
  return fill(words.sentences[leaf.operator], { attribute, value: quoted(leaf.value) })
}

/** A tree of rules as text: a sentence, or a heading above the rules that it joins. */
export type RuleLines = { text: string; nodes: RuleLines[] }

const joined = (text: string, nodes: readonly SegmentNode[]): RuleLines => ({
  text,
  nodes: nodes.map(ruleLines),
})

/**
 * A tree of rules in words. A negation has no line: the heading of the group shows it (`notAll`,
 * `none`). A negated comparison becomes a group with one rule.
 */
export const ruleLines = (node: SegmentNode): RuleLines => {
  if (isLeaf(node)) return { text: leafWords(node), nodes: [] }
  if ('all' in node) return joined(words.joins.all, node.all)
  if ('any' in node) return joined(words.joins.any, node.any)
  const { not } = node
  if ('all' in not) return joined(words.joins.notAll, not.all)
  if ('any' in not) return joined(words.joins.none, not.any)
  return joined(words.joins.none, [not])
}

const inOneLine = ({ text, nodes }: RuleLines): string =>
  nodes.length === 0 ? text : `${text} ${nodes.map(inOneLine).join('; ')}`

/**
 * Each rule in words, by its place in the definition. The exclusions of the configuration are
 * included.
 */
const wordsByPlace = (
  definition: SegmentDefinition,
  house: readonly Leaf[],
): ReadonlyMap<string, string> => {
  const { conditions, exclusions } = placeRules(definition, house)
  return new Map(
    [...(conditions === null ? [] : [conditions]), ...exclusions]
      .flatMap(withDescendants)
      .map((node) => [node.path, inOneLine(ruleLines(nodeOf(node)))]),
  )
}

const SEVERITY_BADGE = { error: 'failed', warning: 'held', info: 'plain' } as const

type Understood = Pick<CampaignSegment, 'definition' | 'house' | 'analysis'>

const matchesOf = ({ matches }: AnalysisReport, placed: ReadonlyMap<string, string>) =>
  matches && {
    ...matches,
    coverage: matches.coverage === null ? null : Math.round(matches.coverage * 100),
    basis: words.bases[matches.basis],
    byExclusion: matches.byExclusion.map(({ path, removed }) => ({
      rule: placed.get(path) ?? path,
      removed,
    })),
    overlaps: matches.overlaps.map(({ path, otherPath, count }) => ({
      rule: placed.get(path) ?? path,
      other: placed.get(otherPath) ?? otherPath,
      count,
    })),
  }

/**
 * The analysis of a definition: the findings (some with an invented contact as an example), whom
 * the rules select, and what changes.
 */
export const analysisModel = ({ definition, house, analysis }: Understood) => {
  const placed = wordsByPlace(definition, house)
  const ruleAt = (path: string): string => placed.get(path) ?? path
  return {
    findings: analysis.findings.map((found) => ({
      badge: SEVERITY_BADGE[found.severity],
      severity: words.severities[found.severity],
      code: found.code,
      what: words.findings[found.code],
      detail: found.detail,
      rules: [...new Set([found.path, found.otherPath ?? '', ...(found.paths ?? [])])]
        .filter((path) => path !== '')
        .map(ruleAt),
      witness: Object.entries(found.witness ?? {}).map(([column, cell]) => ({ column, cell })),
    })),
    matches: matchesOf(analysis, placed),
    change: analysis.change,
  }
}

const leavesOf = (node: SegmentNode): Leaf[] => {
  if (isLeaf(node)) return [node]
  if ('not' in node) return leavesOf(node.not)
  return ('all' in node ? node.all : node.any).flatMap(leavesOf)
}

/**
 * Every comparison in words. The key is the canonical JSON of the comparison, after the letter `c`
 * for a condition or `x` for an exclusion.
 */
const comparisonsOf = ({ conditions, exclusions }: SegmentDefinition): Map<string, string> =>
  new Map([
    ...(conditions === null ? [] : leavesOf(conditions)).map(
      (leaf) => [`c${canonicalJson(leaf)}`, leafWords(leaf)] as const,
    ),
    ...exclusions
      .flatMap(leavesOf)
      .map(
        (leaf) =>
          [`x${canonicalJson(leaf)}`, fill(words.excluded, { rule: leafWords(leaf) })] as const,
      ),
  ])

/**
 * The comparisons that would be added and removed, whether the contact lists would change
 * (`lists`), and whether only the arrangement of the rules would change (`rearranged`). null: no
 * version is in force.
 */
export const differences = (now: SegmentDefinition | null, next: SegmentDefinition) => {
  if (now === null) return null
  const [before, after] = [comparisonsOf(now), comparisonsOf(next)]
  const missing = (from: Map<string, string>, other: Map<string, string>): string[] =>
    [...from].filter(([key]) => !other.has(key)).map(([, text]) => text)
  const added = missing(after, before)
  const removed = missing(before, after)
  const lists = now.contactListIds.toSorted().join() !== next.contactListIds.toSorted().join()
  const rearranged =
    added.length === 0 &&
    removed.length === 0 &&
    canonicalJson([now.conditions, now.exclusions]) !==
      canonicalJson([next.conditions, next.exclusions])
  return { added, removed, lists, rearranged }
}
