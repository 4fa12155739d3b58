import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import fc from 'fast-check'

import { analyseSegment } from '../../../src/domain/segments/analysis/analyse.ts'
import type { SegmentFinding } from '../../../src/domain/segments/analysis/finding.ts'
import { predicateOf, selectionOf } from '../../../src/domain/segments/evaluate.ts'
import { nodeOf, placeRules } from '../../../src/domain/segments/placed.ts'
import type { SegmentNode } from '../../../src/domain/segments/segment.ts'
import {
  leavesIn,
  ruleAt,
  rulesOf,
  tellingContacts,
  withoutRule,
  type TestedRules,
} from '../../support/segments/segment-trees.ts'

const NOW_MS = Date.UTC(2026, 10, 28)
const analyse = (rules: TestedRules, reading: 'positive' | 'inverted' = 'inverted') =>
  analyseSegment(placeRules(rules, []), { reading, nowMs: NOW_MS, monotonicMs: () => 0 })

const nodesOf = ({ conditions, exclusions }: TestedRules): SegmentNode[] => [
  ...(conditions === null ? [] : [conditions]),
  ...exclusions,
]
const contactsFor = (rules: TestedRules) => tellingContacts(nodesOf(rules).flatMap(leavesIn))

const selected = (rules: TestedRules) => {
  const selects = selectionOf(rules, NOW_MS)
  return contactsFor(rules).map((contact) => selects((column) => contact[column]))
}

const confirm = (rules: TestedRules, told: SegmentFinding): void => {
  const fulfils = (path: string, contact: Record<string, string>): boolean =>
    predicateOf(ruleAt(rules, path), NOW_MS)((column) => contact[column])
  const contacts = contactsFor(rules)
  const { path, otherPath = '', witness, paths = [] } = told
  switch (told.code) {
    case 'unsatisfiable':
      assert.ok(!contacts.some((contact) => fulfils(path, contact)))
      assert.ok(!contacts.some((contact) => paths.every((part) => fulfils(part, contact))))
      return
    case 'contradiction':
      assert.ok(!contacts.some((contact) => paths.every((part) => fulfils(part, contact))))
      return
    case 'subsumed':
    case 'redundant': {
      const contactsOfBoth = contactsFor(rules)
      const before = selectionOf(rules, NOW_MS)
      const after = selectionOf(withoutRule(rules, path), NOW_MS)
      for (const contact of contactsOfBoth) {
        assert.equal(
          after((column) => contact[column]),
          before((column) => contact[column]),
        )
      }
      return
    }
    case 'swallowed-by-exclusion':
      for (const contact of contacts) {
        if (path !== '' && !fulfils(path, contact)) continue
        assert.ok(paths.some((part) => fulfils(part, contact)))
      }
      if (witness !== undefined && path !== '') assert.ok(fulfils(path, witness))
      return
    case 'overlap':
      assert.ok(witness !== undefined && fulfils(path, witness) && fulfils(otherPath, witness))
      return
    case 'empty-cells':
      if (witness === undefined) return
      assert.equal(
        selectionOf(rules, NOW_MS)((column) => witness[column]),
        told.detail.includes('the segment selects contacts'),
      )
      assert.ok(Object.values(witness).includes(''))
      return
    default:
      assert.equal(told.code, 'undecided')
  }
}

describe('The analysis of a segment', () => {
  it('says only what every contact confirms, and shows witnesses that the evaluator confirms', () => {
    fc.assert(
      fc.property(rulesOf('any'), fc.constantFrom('positive', 'inverted'), (rules, reading) => {
        for (const told of analyse(rules, reading).findings) confirm(rules, told)
      }),
      { numRuns: 300 },
    )
  })

  it('keeps the meaning of the rules when it simplifies them', () => {
    fc.assert(
      fc.property(rulesOf('any'), (rules) => {
        const { simplified } = analyse(rules)
        const fewer: TestedRules = {
          conditions: simplified.conditions && nodeOf(simplified.conditions),
          exclusions: simplified.exclusions.map(nodeOf),
        }
        const selects = selectionOf(fewer, NOW_MS)
        assert.deepEqual(
          contactsFor(rules).map((contact) => selects((column) => contact[column])),
          selected(rules),
        )
      }),
      { numRuns: 300 },
    )
  })

  it('finds every segment of exact comparisons that dials nobody', () => {
    fc.assert(
      fc.property(rulesOf('exact'), (rules) => {
        const codes = analyse(rules).findings.map(({ code, severity }) => `${code} ${severity}`)
        const nobody =
          codes.includes('unsatisfiable error') || codes.includes('swallowed-by-exclusion error')
        assert.equal(nobody, !selected(rules).includes(true))
      }),
      { numRuns: 300 },
    )
  })

  it('does not tell that an exclusion shares contacts with one of the house', () => {
    const of = (attribute: string, value: string) => ({ attribute, operator: '=', value }) as const
    const exclusions = [of('region', 'NW'), of('tier', 'basic')]
    const placed = placeRules({ conditions: null, exclusions }, [of('do_not_call', 'true')])
    const { findings } = analyseSegment(placed, {
      ...{ reading: 'positive', nowMs: NOW_MS, monotonicMs: () => 0 },
    })
    assert.deepEqual(
      findings.map(({ code, path, otherPath }) => [code, path, otherPath]),
      [['overlap', '/exclusions/0', '/exclusions/1']],
    )
  })
})
