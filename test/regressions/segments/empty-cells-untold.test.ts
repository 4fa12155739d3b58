import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { analyseSegment } from '../../../src/domain/segments/analysis/analyse.ts'
import { placeRules } from '../../../src/domain/segments/placed.ts'
import type { SegmentNode } from '../../../src/domain/segments/segment.ts'

const is = (attribute: string, value: string): SegmentNode => ({ attribute, operator: '=', value })
const isNeither = (...values: number[]): SegmentNode => ({
  not: { attribute: 'age', operator: 'in', values },
})

const emptyCells = (
  reading: 'positive' | 'inverted',
  conditions: SegmentNode | null,
  exclusions: SegmentNode[] = [],
) =>
  analyseSegment(placeRules({ conditions, exclusions }, []), {
    ...{ reading, nowMs: Date.UTC(2026, 10, 28), monotonicMs: () => 0 },
  })
    .findings.filter(({ code }) => code === 'empty-cells')
    .map(({ path, otherPath, witness }) => ({ path, otherPath, witness }))

/** Found by comparing the analysis with the rules that are sent, in both readings. */
describe('An empty cell that decides whether a contact is dialled', () => {
  it('is reported if Genesys might dial contacts whom an exclusion keeps out (guide)', () => {
    const excluded = { all: [{ not: is('tier', 'basic') }, is('region', 'NW')] }
    assert.deepEqual(emptyCells('positive', null, [excluded]), [
      {
        path: '/exclusions/0/all/0/not',
        otherPath: undefined,
        witness: { tier: '', region: 'NW' },
      },
    ])
  })

  it('is reported if several rules decide only together', () => {
    const conditions = { any: [isNeither(1, 2), isNeither(2, 3)] }
    assert.deepEqual(emptyCells('inverted', conditions), [
      {
        path: '/conditions/any/0/not',
        otherPath: '/conditions/any/1/not',
        witness: { age: '' },
      },
    ])
  })

  it('is not reported for negations that are sent as one exclusion (guide)', () => {
    const conditions = { any: [{ not: is('tier', 'basic') }, { not: is('region', 'NW') }] }
    assert.deepEqual(emptyCells('positive', conditions), [])
    assert.equal(emptyCells('inverted', conditions).length, 2)
  })
})
