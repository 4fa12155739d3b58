import type { Witness } from '../../../src/domain/segments/analysis/contact-space.ts'
import type { Compilation } from '../../../src/domain/segments/compiled-segment.ts'
import { evaluateExpression, readExpression } from '../../../src/sandbox/guide/rule-expressions.ts'
import { leavesIn, tellingContacts, type TestedRules } from './segment-trees.ts'

export const NOW_MS = Date.UTC(2026, 10, 28)
export const READING = { emptyCells: 'fulfils', nowMs: NOW_MS } as const

export type GuideRule = {
  type: string
  filter: { expression: string }
  actions: { type: string }[]
}

export const contactsFor = ({ conditions, exclusions }: TestedRules): Witness[] =>
  tellingContacts([...(conditions === null ? [] : [conditions]), ...exclusions].flatMap(leavesIn))

export const bodyOf = (compilation: Compilation): Record<string, unknown> | null =>
  'compiled' in compilation ? compilation.compiled.body : null

export const rulesIn = (body: Record<string, unknown>) => body['rules'] as GuideRule[]

/**
 * Rules that include by list are combined with OR, rules that include by contact with AND, and a
 * rule that excludes always wins [guide-api: Campaign segments].
 */
export const dialledByGuide = (rules: readonly GuideRule[], contact: Witness): boolean => {
  const ofContact = rules.filter(({ type }) => type === 'contact')
  const says = ({ filter }: GuideRule): boolean =>
    evaluateExpression(readExpression(filter.expression), (name) => contact[name]) === true
  const [includes, excludes] = ['include', 'exclude'].map((action) =>
    ofContact.filter(({ actions }) => actions[0]?.type === action),
  )
  return includes?.every(says) === true && excludes?.some(says) === false
}
