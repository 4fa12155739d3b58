import fc from 'fast-check'

import { cellClassesOf } from '../../../src/domain/segments/analysis/cell-classes.ts'
import type { Witness } from '../../../src/domain/segments/analysis/contact-space.ts'
import {
  isLeaf,
  type Leaf,
  type SegmentNode,
  type SegmentRules,
} from '../../../src/domain/segments/segment.ts'

/** Only a few columns and literals, so that rules overlap. */
const COLUMNS = ['age', 'region', 'tier']
const NUMBERS = [-3, 0, 1, 2, 5.5, 10, 18]
const TEXTS = ['NW', 'CA', '1', '10', '1.0', 'basic', 'o']

const attribute = fc.constantFrom(...COLUMNS)
const number = fc.constantFrom(...NUMBERS)
const text = fc.constantFrom(...TEXTS)
const literal = fc.oneof(number, text)

const exactLeaf: fc.Arbitrary<Leaf> = fc.oneof(
  fc.record({
    attribute,
    operator: fc.constantFrom('=' as const, '!=' as const),
    value: literal,
  }),
  fc.record({
    attribute,
    operator: fc.constantFrom('<' as const, '<=' as const, '>' as const, '>=' as const),
    value: number,
  }),
  fc.record({
    attribute,
    operator: fc.constant('in' as const),
    values: fc.uniqueArray(literal, { minLength: 1, maxLength: 4 }),
  }),
  fc
    .tuple(attribute, number, number, fc.boolean(), fc.boolean())
    .filter(([, one, other]) => one !== other)
    .map(([name, one, other, minInclusive, maxInclusive]) => ({
      attribute: name,
      operator: 'between' as const,
      min: Math.min(one, other),
      max: Math.max(one, other),
      minInclusive,
      maxInclusive,
    })),
)

const opaqueLeaf: fc.Arbitrary<Leaf> = fc.record({
  attribute,
  operator: fc.constantFrom('contains' as const, 'beginsWith' as const, 'endsWith' as const),
  value: text,
})

/** Trees of a few levels. `exact`: without text operators, as in the guide dialect. */
export const segmentTrees = (kind: 'exact' | 'any', maxDepth = 3): fc.Arbitrary<SegmentNode> =>
  fc.letrec<{ node: SegmentNode }>((tie) => ({
    node: fc.oneof(
      { depthSize: 'small', maxDepth, withCrossShrink: true },
      { weight: 3, arbitrary: kind === 'exact' ? exactLeaf : fc.oneof(exactLeaf, opaqueLeaf) },
      {
        weight: 2,
        arbitrary: fc.record({ all: fc.array(tie('node'), { minLength: 1, maxLength: 3 }) }),
      },
      {
        weight: 2,
        arbitrary: fc.record({ any: fc.array(tie('node'), { minLength: 1, maxLength: 3 }) }),
      },
      { weight: 1, arbitrary: fc.record({ not: tie('node') }) },
    ),
  })).node

export const leavesIn = (node: SegmentNode): Leaf[] => {
  if (isLeaf(node)) return [node]
  if ('not' in node) return leavesIn(node.not)
  return ('all' in node ? node.all : node.any).flatMap(leavesIn)
}

const OTHER_CELLS = ['', 'NW', 'no', 'oNWo', '01', '1.00', '7', '100', '-3.0', 'CAo']

/**
 * One contact for each combination of cells that the leaves can distinguish. Also has some cells
 * that only text operators can distinguish.
 */
export const tellingContacts = (leaves: readonly Leaf[]): Witness[] => {
  let contacts: Witness[] = [{}]
  for (const [column, own] of Map.groupBy(leaves, (leaf) => leaf.attribute)) {
    const cells = new Set([
      ...cellClassesOf(own, () => undefined).map(({ sample }) => sample),
      ...OTHER_CELLS,
    ])
    contacts = contacts.flatMap((contact) =>
      [...cells].map((cell) => ({ ...contact, [column]: cell })),
    )
  }
  return contacts
}

export type TestedRules = Pick<SegmentRules, 'conditions' | 'exclusions'>

export const rulesOf = (kind: 'exact' | 'any', conditionDepth = 2): fc.Arbitrary<TestedRules> =>
  fc.record({
    conditions: fc.option(segmentTrees(kind, conditionDepth), { nil: null }),
    exclusions: fc.array(segmentTrees(kind, 1), { maxLength: 2 }),
  })

/** The rule at a JSON pointer. */
export const ruleAt = (rules: TestedRules, path: string): SegmentNode => {
  let here: unknown = rules
  for (const step of path.split('/').slice(1)) here = (here as Record<string, unknown>)[step]
  return here as SegmentNode
}

/** The rules without the one at `path`. */
export const withoutRule = (rules: TestedRules, path: string): TestedRules => {
  const copy = structuredClone(rules)
  const steps = path.split('/').slice(1)
  const last = Number(steps.pop())
  let here: unknown = copy
  for (const step of steps) here = (here as Record<string, unknown>)[step]
  ;(here as unknown[]).splice(last, 1)
  return copy
}
