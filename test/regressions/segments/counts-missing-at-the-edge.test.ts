import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { placeRules } from '../../../src/domain/segments/placed.ts'
import type { SegmentNode } from '../../../src/domain/segments/segment.ts'
import { compilePlatformSegment } from '../../../src/genesys/platform/segment-filter.ts'
import { systemClock } from '../../../src/lib/clock.ts'
import { countPreviews } from '../../../src/workflows/segments/count-previews.ts'

const excluded = Array.from({ length: 10 }, (_, at): SegmentNode => {
  return { attribute: 'tier', operator: '=', value: `t${at}` }
})

/** A list of a hundred contacts, of which each comparison selects one. */
const createAsking = () => {
  let previews = 0
  return {
    campaigns: {
      compile: compilePlatformSegment,
      preview: async (_list: string, { ruleCount }: { ruleCount: number }) => {
        previews += 1
        return { selected: 100 - ruleCount, total: 100 }
      },
      reading: 'inverted' as const,
    },
    ...{ contactListId: 'people', context: {} as never, clock: systemClock },
    previews: () => previews,
  }
}

/** Found by reading. */
describe('The counts of rules that just fit into a filter', () => {
  it('show how many contacts ten exclusions exclude together, although ten are too many to count one by one', async () => {
    const asking = createAsking()
    const rules = placeRules({ conditions: null, exclusions: excluded }, [])
    const { matches } = await countPreviews(asking, rules, null)
    assert.deepEqual([matches?.selected, matches?.excluded], [90, 10])
    assert.deepEqual(matches?.byExclusion, [])
    assert.ok(asking.previews() <= 12)
  })

  it('are there if the rules fit only without their superfluous parts', async () => {
    const conditions = { any: [...excluded, ...excluded] }
    const rules = placeRules({ conditions, exclusions: [] }, [])
    const { matches } = await countPreviews(createAsking(), rules, null)
    assert.equal(matches?.selected, 90)
  })
})
