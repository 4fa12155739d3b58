import type { PlacedRules } from '../placed.ts'
import { analyseEmptyCells } from './analyse-empty-cells.ts'
import { analyseIdle, analyseOverlaps, siblingsOf, type Siblings } from './analyse-siblings.ts'
import {
  analyseContradictions,
  analyseIdleExclusions,
  analyseSwallowed,
  analyseWhole,
} from './analyse-whole.ts'
import {
  ANALYSIS_BUDGET,
  createAnalysedRules,
  withinBudget,
  type AnalysedRules,
  type AnalysisTime,
  type ExclusionReading,
} from './analysed-rules.ts'
import { finding, type SegmentFinding } from './finding.ts'
import { simplify } from './simplify.ts'

export type SegmentAnalysis = {
  findings: SegmentFinding[]
  /**
   * Rules with the same meaning as the caller's rules, but without the parts that are proved
   * superfluous. The compilers translate these rules.
   */
  simplified: PlacedRules
}

type Step = (analysed: AnalysedRules, told: readonly SegmentFinding[]) => SegmentFinding[]

const stepsFor = (
  siblings: readonly Siblings[],
  sent: PlacedRules,
  reading: ExclusionReading,
): Step[] => [
  analyseWhole,
  analyseContradictions,
  ...siblings.map(
    (group): Step =>
      (analysed) =>
        analyseIdle(analysed, group),
  ),
  analyseIdleExclusions,
  analyseSwallowed,
  (analysed) => analyseEmptyCells(analysed, sent, reading),
  ...siblings
    .filter(({ kind }) => kind === 'any')
    .map(
      (group): Step =>
        (analysed) =>
          analyseOverlaps(analysed, group),
    ),
]

/**
 * Compares rules in pairs, each pair in a separate small space. Used if the budget does not suffice
 * to compare all rules together.
 */
const comparePairs = (
  siblings: readonly Siblings[],
  time: AnalysisTime,
  endMs: number,
): SegmentFinding[] => {
  const findings: SegmentFinding[] = []
  for (const { kind, children } of siblings) {
    for (const [at, one] of children.entries()) {
      for (const other of children.slice(at + 1)) {
        if (time.monotonicMs() > endMs) return findings
        const pair = createAnalysedRules({ conditions: null, exclusions: [one, other] }, time, {
          nodes: ANALYSIS_BUDGET.pairNodes,
          endMs,
        })
        withinBudget(() => {
          findings.push(...analyseIdle(pair, { kind, children: [one, other] }))
        })
      }
    }
  }
  return findings
}

/**
 * Analyses a definition. The analysis is exact for everything except text operators and dates. If
 * the budget (`ANALYSIS_BUDGET`) does not suffice to compare all rules together, the rules are
 * compared in pairs, and a finding `undecided` reports this. The analysis never guesses: each
 * finding except `undecided` is proved, and each example contact is checked with the evaluator.
 */
export const analyseSegment = (
  rules: PlacedRules,
  { reading, ...time }: AnalysisTime & { reading: ExclusionReading },
): SegmentAnalysis => {
  const start = time.monotonicMs()
  const analysed = createAnalysedRules(rules, time, {
    nodes: ANALYSIS_BUDGET.nodes,
    endMs: start + ANALYSIS_BUDGET.wholeMs,
  })
  const siblings = siblingsOf(analysed)
  const findings: SegmentFinding[] = []
  let simplified = rules
  const whole = withinBudget(() => {
    simplified = simplify(analysed)
    for (const step of stepsFor(siblings, simplified, reading))
      findings.push(...step(analysed, findings))
  })
  if (!whole) {
    const told = new Set(findings.map(({ code, path }) => `${code} ${path}`))
    const pairs = comparePairs(siblings, time, start + ANALYSIS_BUDGET.withPairsMs)
    findings.push(
      ...pairs.filter(({ code, path }) => !told.has(`${code} ${path}`)),
      finding(
        'undecided',
        '',
        'There are too many rules to compare all of them together, so they were compared in pairs.',
      ),
    )
  }
  return { findings, simplified }
}
