import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { predicateOf } from '../../../src/domain/segments/evaluate.ts'
import { readDefinition } from '../../../src/domain/segments/read-definition.ts'
import type { SegmentNode } from '../../../src/domain/segments/segment.ts'

const leaf = (about: object = {}) => ({ attribute: 'age', operator: '=', value: 1, ...about })
const typed = (about: object = {}) => ({ contactListIds: ['l1'], conditions: leaf(), ...about })

const faultsOf = (body: unknown): string[] => {
  const read = readDefinition(body)
  return 'faults' in read ? read.faults.map(({ pointer, code }) => `${pointer} ${code}`) : []
}

const nested = (depth: number): object => (depth === 1 ? leaf() : { all: [nested(depth - 1)] })

describe('A definition of a segment', () => {
  it('is refused with every fault and its place', () => {
    const cases: [unknown, string[]][] = [
      ['age > 3', [' not-an-object']],
      [[], [' not-an-object']],
      [typed({ conditions: 'age > 3' }), ['/conditions node-unclear']],
      [typed({ conditions: {} }), ['/conditions node-unclear']],
      [typed({ conditions: { all: [], any: [] } }), ['/conditions node-unclear']],
      [typed({ conditions: { all: [] } }), ['/conditions/all group-empty']],
      [
        typed({ conditions: leaf({ operator: 'LIKE' }) }),
        ['/conditions/operator operator-unknown'],
      ],
      [typed({ conditions: leaf({ attribute: '' }) }), ['/conditions/attribute attribute-invalid']],
      [typed({ conditions: leaf({ value: undefined }) }), ['/conditions/value member-missing']],
      [typed({ conditions: leaf({ value: null }) }), ['/conditions/value literal-invalid']],
      [typed({ conditions: leaf({ value: 1e21 }) }), ['/conditions/value literal-invalid']],
      [typed({ conditions: leaf({ value: '\u0000' }) }), ['/conditions/value literal-invalid']],
      [typed({ conditions: leaf({ value: 'a\nb' }) }), ['/conditions/value literal-invalid']],
      [
        typed({ conditions: leaf({ value: 'x'.repeat(257) }) }),
        ['/conditions/value literal-invalid'],
      ],
      [
        typed({ conditions: leaf({ operator: '<', value: '30' }) }),
        ['/conditions/value literal-not-orderable'],
      ],
      [
        typed({ conditions: leaf({ operator: 'contains', value: 3 }) }),
        ['/conditions/value literal-not-text'],
      ],
      [
        typed({ conditions: leaf({ operator: 'before', value: '2026-02-31' }) }),
        ['/conditions/value literal-not-date'],
      ],
      [
        typed({ conditions: { attribute: 'a', operator: 'in', values: [] } }),
        ['/conditions/values values-invalid'],
      ],
      [
        typed({ conditions: { attribute: 'a', operator: 'in', values: ['x', null] } }),
        ['/conditions/values/1 literal-invalid'],
      ],
      [
        typed({ conditions: { attribute: 'a', operator: 'between' } }),
        ['/conditions range-without-ends'],
      ],
      [
        typed({ conditions: { attribute: 'a', operator: 'between', min: 5, max: 4 } }),
        ['/conditions range-upside-down'],
      ],
      [
        typed({
          conditions: { attribute: 'a', operator: 'between', min: 4, max: 4, maxInclusive: false },
        }),
        ['/conditions range-upside-down'],
      ],
      [typed({ conditions: nested(9) }), [`/conditions${'/all/0'.repeat(8)} depth-exceeded`]],
      [
        typed({ conditions: { any: Array.from({ length: 201 }, () => leaf()) } }),
        ['/conditions/any/200 leaves-exceeded'],
      ],
      [typed({ contactListIds: [] }), ['/contactListIds lists-invalid']],
      [typed({ contactListIds: ['a', 'a'] }), ['/contactListIds lists-invalid']],
      [typed({ contactListIds: undefined }), ['/contactListIds member-missing']],
      [typed({ colour: 'red' }), ['/colour member-unknown']],
      [typed({ 'a/b~c': 1 }), ['/a~1b~0c member-unknown']],
      [typed({ dialingMode: 'manual' }), ['/dialingMode value-invalid']],
      [typed({ useOnlyOnce: 'yes' }), ['/useOnlyOnce value-invalid']],
      [typed({ exclusions: leaf() }), ['/exclusions value-invalid']],
      [
        typed({ listIds: ['l1'] }),
        ['/listIds both-forms', '/contactListIds both-forms', '/conditions both-forms'],
      ],
      [{ listIds: ['l1'], primaryListId: 'l2' }, ['/primaryListId primary-list-differs']],
      [
        {
          listIds: ['l1'],
          demographicMatrix: { age: { min: 3, max: 1 }, region: { allowed: [] } },
        },
        [
          '/demographicMatrix/age range-upside-down',
          '/demographicMatrix/region/allowed values-invalid',
        ],
      ],
    ]
    for (const [body, faults] of cases) assert.deepEqual(faultsOf(body), faults)
  })

  it('may have eight levels and two hundred comparisons', () => {
    assert.deepEqual(faultsOf(typed({ conditions: nested(8) })), [])
    const any = Array.from({ length: 200 }, () => leaf())
    assert.deepEqual(faultsOf(typed({ conditions: { any } })), [])
  })

  it('translates the short form of the source guide, quoted numbers and primary list included', () => {
    const read = readDefinition({
      primaryListId: 'l1',
      listIds: ['l1', 'l2'],
      demographicMatrix: {
        age: { min: 25, max: 55 },
        region: { allowed: ['NW', 'CA', 'TX'] },
        engagement_score: { min: 70, max: 100 },
      },
      exclusionRules: [
        { attribute: 'do_not_call', operator: '=', value: 'true' },
        { attribute: 'recently_contacted', operator: '>', value: '30' },
      ],
    })
    assert.ok('definition' in read)
    const { contactListIds, conditions, exclusions } = read.definition
    assert.deepEqual(contactListIds, ['l1', 'l2'])
    assert.deepEqual(conditions, {
      all: [
        { attribute: 'age', operator: 'between', min: 25, max: 55 },
        { attribute: 'region', operator: 'in', values: ['NW', 'CA', 'TX'] },
        { attribute: 'engagement_score', operator: 'between', min: 70, max: 100 },
      ],
    })
    assert.deepEqual(exclusions, [
      { attribute: 'do_not_call', operator: '=', value: 'true' },
      { attribute: 'recently_contacted', operator: '>', value: 30 },
    ])
    assert.deepEqual(read.takenAsNumbers, [{ pointer: '/exclusionRules/1/value', number: 30 }])
    assert.equal(read.sentAt.get('/conditions/all/1'), '/demographicMatrix/region')
  })
})

describe('A comparison', () => {
  const holds = (node: object, cell: string | undefined): boolean =>
    predicateOf({ attribute: 'a', ...node } as SegmentNode, Date.UTC(2026, 0, 1))(() => cell)

  it('is false over an empty cell, and != is exactly not =', () => {
    const comparisons = [
      { operator: '=', value: 'x' },
      { operator: '<', value: 5 },
      { operator: 'in', values: ['x', 1] },
      { operator: 'between', max: 5 },
      { operator: 'contains', value: 'x' },
      { operator: 'before', value: '2026-01-01' },
    ]
    for (const comparison of comparisons) {
      for (const empty of ['', undefined]) {
        assert.equal(holds(comparison, empty), false, comparison.operator)
        assert.equal(holds({ operator: '!=', value: 'x' }, empty), true)
      }
    }
    for (const cell of ['1', '01', 'x', '', '1e0']) {
      for (const value of [1, 'x']) {
        assert.notEqual(
          holds({ operator: '=', value }, cell),
          holds({ operator: '!=', value }, cell),
        )
      }
    }
  })

  it('compares a number with cells that are numbers, exactly, and with no other', () => {
    assert.equal(holds({ operator: '=', value: 30 }, '030.0'), true)
    assert.equal(holds({ operator: '=', value: '30' }, '030.0'), false)
    for (const cell of ['30 ', ' 30', '3e1', '+30', '30,0', '٣٠', '0x1e', '30.']) {
      assert.equal(holds({ operator: '>=', value: 1 }, cell), false, cell)
    }
    assert.equal(holds({ operator: '>', value: 9 }, '30'), true)
    assert.equal(holds({ operator: '<=', value: 0.1 }, '0.100000000000001'), false)
    assert.equal(holds({ operator: '=', value: 999_999_999_999_999 }, '999999999999999.1'), false)
    assert.equal(holds({ operator: '>', value: 999_999_999_999_999 }, '999999999999999.001'), true)
  })

  it('compares dates by day or by time of a day, and times from now', () => {
    assert.equal(holds({ operator: 'before', value: '2026-01-02' }, '2026-01-01'), true)
    assert.equal(holds({ operator: 'after', value: '2026-01-01T08:00Z' }, '2026-01-01T08:01'), true)
    assert.equal(holds({ operator: 'after', value: 'P-07D' }, '2025-12-26'), true)
    assert.equal(holds({ operator: 'after', value: 'P-07D' }, '2025-12-24'), false)
    assert.equal(holds({ operator: 'before', value: '2026-01-02' }, '2025-02-31'), false)
    assert.equal(holds({ operator: 'before', value: '2026-01-02' }, '20250101'), false)
  })
})
