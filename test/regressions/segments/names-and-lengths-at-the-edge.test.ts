import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { analyseSegment } from '../../../src/domain/segments/analysis/analyse.ts'
import { placeRules } from '../../../src/domain/segments/placed.ts'
import type { SegmentNode } from '../../../src/domain/segments/segment.ts'
import { compileGuideSegment } from '../../../src/genesys/guide/segment-rules.ts'
import { bodyOf, rulesIn } from '../../support/segments/compiled-rules.ts'

/** Found by reading. */
describe('A segment at the edge of what its dialect can express', () => {
  it('has no rule past the limit of Genesys if 51 rules are joined (guide)', () => {
    const values = Array.from({ length: 146 }, (_, at) => 1_000_000_000 + at)
    const long: SegmentNode = { attribute: 'a', operator: 'in', values }
    const [longest] = rulesIn(bodyOf(compileGuideSegment(placed([long]), ['people']))!).slice(1)
    const fill = 2_048 - longest!.filter.expression.length
    const exactly = { ...long, attribute: `a${'b'.repeat(fill)}` }
    const short = Array.from({ length: 50 }, (_, at): SegmentNode => {
      return { attribute: 'c', operator: '>', value: at }
    })
    const rules = rulesIn(bodyOf(compileGuideSegment(placed([exactly, ...short]), ['people']))!)
    const lengths = rules.map(({ filter }) => filter.expression.length)
    assert.equal(Math.max(...lengths), 2_048)
  })

  for (const attribute of ['constructor', '__proto__']) {
    it(`is analysed if a column has the name ${attribute}`, () => {
      const named: SegmentNode = { attribute, operator: 'contains', value: 'x' }
      const other: SegmentNode = { attribute: 'region', operator: '=', value: 'NW' }
      const rules = placeRules({ conditions: { any: [named, other] }, exclusions: [] }, [])
      const { findings } = analyseSegment(rules, {
        ...{ reading: 'inverted', nowMs: Date.UTC(2026, 10, 28), monotonicMs: () => 0 },
      })
      assert.deepEqual(
        findings.map(({ code, witness }) => [code, Object.entries(witness ?? {})]),
        [
          [
            'overlap',
            [
              [attribute, 'x'],
              ['region', 'NW'],
            ],
          ],
        ],
      )
    })
  }
})

const placed = (nodes: SegmentNode[]) =>
  placeRules({ conditions: { all: nodes }, exclusions: [] }, [])
