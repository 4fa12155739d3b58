import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import type { CampaignSegment } from '../../../src/domain/segments/campaign-segment.ts'
import { placeRules } from '../../../src/domain/segments/placed.ts'
import type { Leaf, SegmentRules } from '../../../src/domain/segments/segment.ts'
import type {
  DeliveredContacts,
  SuppressedAmong,
} from '../../../src/workflows/ports/segments/segments.ts'
import { countRows } from '../../../src/workflows/segments/count-rows.ts'

const HOUSE: Leaf = { attribute: 'do_not_call', operator: '=', value: 'true' }
const region = (value: string): Leaf => ({ attribute: 'region', operator: '=', value })
const rulesFor = (about: Partial<SegmentRules>): SegmentRules => ({
  ...{ contactListIds: ['l1'], conditions: null, exclusions: [] },
  ...about,
})

/** The contacts of `l1` by their id, each with region, age and mark. */
const PEOPLE = [
  ['nw-20', 'NW', '20', ''],
  ['nw-40', 'NW', '40', ''],
  ['nw-60-marked', 'NW', '60', 'true'],
  ['ca-40', 'CA', '40', ''],
  ['ca-60-marked', 'CA', '60', 'true'],
]
const COLUMNS = ['id', 'region', 'age', 'do_not_call']

const contactsKnown = (known = PEOPLE.length): DeliveredContacts & { shares: number[] } => {
  const shares: number[] = []
  return {
    shares,
    count: async () => known,
    read: async function* (_tenantId, _lists, { share }) {
      shares.push(share)
      for (const row of PEOPLE) {
        const cellOf = (column: string) => row[COLUMNS.indexOf(column)]
        yield [{ contactListId: 'l1', reachedBy: [`phone of ${row[0]}`], cellOf }]
      }
    },
  }
}

const count = (
  rules: SegmentRules,
  about: {
    inForce?: SegmentRules
    known?: DeliveredContacts
    house?: Leaf[]
    suppressedAmong?: SuppressedAmong
  } = {},
) =>
  countRows(about.known ?? contactsKnown(), {
    ...{ tenantId: 'default', contactListIds: rules.contactListIds, house: [HOUSE] },
    ...{ rules: placeRules(rules, about.house ?? [HOUSE]), findings: [], nowMs: 0 },
    inForce: about.inForce
      ? ({ definition: about.inForce, house: [HOUSE] } as unknown as CampaignSegment)
      : null,
    suppressedAmong: about.suppressedAmong ?? (async () => 0),
  })

describe('Counting whom rules select', () => {
  it('tells how many each exclusion takes out of what those before it left', async () => {
    const { matches, change } = await count(
      rulesFor({
        conditions: { attribute: 'age', operator: '>', value: 30 },
        exclusions: [region('CA')],
      }),
    )
    assert.deepEqual(matches, {
      ...{ basis: 'rows', coverage: 1, total: 5, selected: 1, excluded: 3, overlaps: [] },
      byExclusion: [
        { path: '/exclusions/0', removed: 2 },
        { path: '/house/0', removed: 1 },
      ],
    })
    assert.equal(change, null)
  })

  it('tells who enters and leaves against the version in force', async () => {
    const { change } = await count(rulesFor({ conditions: region('NW') }), {
      inForce: rulesFor({ conditions: region('CA') }),
    })
    assert.deepEqual(change, { enter: 2, leave: 1, doNotCall: 0 })
  })

  it('tells how many of those who enter must not be called: by the mark in their row, and by do-not-call', async () => {
    const asked: [string, readonly (readonly string[])[]][] = []
    const { change } = await count(rulesFor({ conditions: region('NW') }), {
      // The list does not have the column, so the exclusion of SEGMENT_EXCLUSIONS is left out.
      ...{ inForce: rulesFor({ conditions: region('CA') }), house: [] },
      suppressedAmong: async (listId, people) => {
        asked.push([listId, people])
        return people.filter(([phone]) => phone === 'phone of nw-40').length
      },
    })
    assert.deepEqual(change, { enter: 3, leave: 1, doNotCall: 2 })
    assert.deepEqual(asked, [['l1', [['phone of nw-20'], ['phone of nw-40']]]])
  })

  it('says nothing of do-not-call where that cannot be told', async () => {
    const { change } = await count(rulesFor({ conditions: region('NW') }), {
      ...{ inForce: rulesFor({ conditions: region('CA') }), suppressedAmong: async () => null },
    })
    assert.deepEqual(change, { enter: 2, leave: 1, doNotCall: null })
  })

  it('looks at a sample of very many, and says how much of them it has looked at', async () => {
    const known = contactsKnown(800_000)
    const { matches } = await count(rulesFor({}), { known })
    assert.deepEqual(known.shares, [0.25])
    assert.equal(matches?.basis, 'sample')
    const all = contactsKnown(200_000)
    assert.equal((await count(rulesFor({}), { known: all })).matches?.basis, 'rows')
    assert.deepEqual(all.shares, [1])
  })

  it('says nothing where nothing was delivered', async () => {
    const none = { ...contactsKnown(0), count: async () => 0 }
    assert.deepEqual(await count(rulesFor({}), { known: none }), { matches: null, change: null })
  })
})
