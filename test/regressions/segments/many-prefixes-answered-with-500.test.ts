import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { analyseSegment } from '../../../src/domain/segments/analysis/analyse.ts'
import { placeRules } from '../../../src/domain/segments/placed.ts'
import type { Comparison, Leaf } from '../../../src/domain/segments/segment.ts'

const NOW_MS = Date.UTC(2026, 10, 28)
const DAY_MS = 86_400_000

const analyse = (conditions: { any: Leaf[] } | { all: Leaf[] }, monotonicMs: () => number) =>
  analyseSegment(placeRules({ conditions, exclusions: [] }, []), {
    ...{ reading: 'inverted', nowMs: NOW_MS, monotonicMs },
  }).findings.map(({ code, path, otherPath }) => [code, path, otherPath])

/** A clock that goes on by a second at each look, so that the time is up at the first look. */
const lateClock = (): (() => number) => {
  let nowMs = 0
  return () => (nowMs += 1_000)
}

const leaves = (operator: Comparison['operator'], count: number): Comparison[] =>
  Array.from({ length: count }, (_, at) => {
    const day = new Date(NOW_MS + at * DAY_MS).toISOString().slice(0, 10)
    const isDated = operator === 'before' || operator === 'after'
    return { attribute: 'phone', operator, value: isDated ? day : `+1${200 + at}` }
  })

/**
 * Found by reading. With 25 area codes, the analysis compared each with each before its budget was
 * watched. The preview and the request for the segment were then answered with 500.
 */
describe('A segment with many comparisons of one column', () => {
  for (const operator of ['beginsWith', 'endsWith', 'contains', 'before', 'after'] as const) {
    it(`is undecided, and not a failure, if the time of the analysis is up: ${operator}`, () => {
      for (const kind of ['any', 'all'] as const) {
        const conditions = { [kind]: leaves(operator, 200) } as { any: Leaf[] }
        assert.deepEqual(analyse(conditions, lateClock()).at(-1)?.[0], 'undecided')
      }
    })
  }

  it('is analysed whole, within the nodes of the budget, if it names 60 area codes', () => {
    const codes = leaves('beginsWith', 60)
    const narrower = { ...codes[7]!, value: `${codes[7]!.value}5` }
    assert.deepEqual(
      analyse({ any: [...codes, narrower] }, () => 0),
      [['subsumed', '/conditions/any/60', '/conditions/any/7']],
    )
  })
})
