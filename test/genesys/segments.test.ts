import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import fc from 'fast-check'

import { selectionOf } from '../../src/domain/segments/evaluate.ts'
import { placeRules } from '../../src/domain/segments/placed.ts'
import type { Leaf, SegmentNode } from '../../src/domain/segments/segment.ts'
import { compileGuideSegment } from '../../src/genesys/guide/segment-rules.ts'
import {
  compilePlatformSegment,
  type ContactListFilter,
} from '../../src/genesys/platform/segment-filter.ts'
import { readExpression } from '../../src/sandbox/guide/rule-expressions.ts'
import { criteriaMean, criteriaSchema } from '../../src/sandbox/platform/contact-criteria.ts'
import {
  bodyOf,
  contactsFor,
  dialledByGuide,
  NOW_MS,
  READING,
  rulesIn,
  type GuideRule,
} from '../support/segments/compiled-rules.ts'
import { rulesOf } from '../support/segments/segment-trees.ts'

describe('A segment for the guide dialect', () => {
  it('dials exactly whom the evaluator selects', () => {
    fc.assert(
      fc.property(rulesOf('exact', 3), (rules) => {
        const body = bodyOf(compileGuideSegment(placeRules(rules, []), ['l1']))
        if (body === null) return
        const selects = selectionOf(rules, NOW_MS)
        for (const contact of contactsFor(rules)) {
          assert.equal(
            dialledByGuide(rulesIn(body), contact),
            selects((column) => contact[column]),
          )
        }
      }),
      { numRuns: 200 },
    )
  })

  it('negates by an exclude with the positive condition, never by the other operator', () => {
    const conditions: SegmentNode = {
      all: [
        { attribute: 'age', operator: '>=', value: 18 },
        { not: { attribute: 'tier', operator: '=', value: 'basic' } },
        { attribute: 'region', operator: '!=', value: 'NW' },
      ],
    }
    const body = bodyOf(compileGuideSegment(placeRules({ conditions, exclusions: [] }, []), ['l']))
    const written = body?.['rules'] as GuideRule[] | undefined
    const texts = written?.map(({ filter, actions }) => `${actions[0]?.type} ${filter.expression}`)
    assert.deepEqual(texts, [
      "include listId = 'l'",
      'include age >= 18',
      "exclude tier = 'basic'",
      "exclude region = 'NW'",
    ])
  })

  it('splits what is too long where the algebra allows, and names the rule where it does not', () => {
    const values = Array.from({ length: 900 }, (_, at) => `value-${at}`)
    const leaf: Leaf = { attribute: 'region', operator: 'in', values }
    const excluding = compileGuideSegment(
      placeRules({ conditions: null, exclusions: [leaf] }, []),
      ['l'],
    )
    const rules = bodyOf(excluding)?.['rules'] as GuideRule[]
    assert.ok(rules.length > 2 && rules.every(({ filter }) => filter.expression.length <= 2_048))
    assert.deepEqual(
      rules.slice(1).flatMap(({ filter }) => {
        const read = readExpression(filter.expression)
        return read.kind === 'in' ? read.literals : []
      }),
      values,
    )
    const including = compileGuideSegment(
      placeRules({ conditions: { all: [leaf] }, exclusions: [] }, []),
      ['l'],
    )
    assert.deepEqual(
      'faults' in including && including.faults.map(({ code, path }) => [code, path]),
      [['segment-too-complex', '/conditions/all/0']],
    )
  })

  it('packs more rules than Genesys takes into fewer, and says when they are still too many', () => {
    const exclusions = Array.from({ length: 80 }, (_, at): SegmentNode => ({
      all: [
        { attribute: 'age', operator: '>', value: at },
        { attribute: 'tier', operator: '=', value: `t${at}` },
      ],
    }))
    const body = bodyOf(
      compileGuideSegment(placeRules({ conditions: null, exclusions }, []), ['l']),
    )
    const rules = body?.['rules'] as GuideRule[]
    assert.ok(rules.length <= 50)
    const selects = selectionOf({ conditions: null, exclusions }, NOW_MS)
    for (const contact of [
      { age: '5', tier: 't4' },
      { age: '5', tier: 't5' },
      { age: '', tier: 't4' },
    ]) {
      assert.equal(
        dialledByGuide(rules, contact),
        selects((column) => contact[column as 'age']),
      )
    }
    const lists = Array.from({ length: 51 }, (_, at) => `list-${at}`)
    const tooMany = compileGuideSegment(placeRules({ conditions: null, exclusions: [] }, []), lists)
    assert.ok('faults' in tooMany && tooMany.faults[0]?.code === 'segment-too-complex')
  })

  it('names the columns and operators that it cannot express, each with its place', () => {
    const conditions: SegmentNode = {
      all: ['listId', 'AND', 'first name', 'Straße', 'x-y'].map((attribute): Leaf => ({
        attribute,
        operator: '=',
        value: 1,
      })),
    }
    const exclusions: SegmentNode[] = [{ attribute: 'tier', operator: 'contains', value: 'a' }]
    const refused = compileGuideSegment(placeRules({ conditions, exclusions }, []), ['l'])
    assert.deepEqual(
      'faults' in refused && refused.faults.map(({ code, path }) => `${path} ${code}`),
      [
        ...[0, 1, 2, 3, 4].map((at) => `/conditions/all/${at} attribute-not-expressible`),
        '/exclusions/0 operator-not-expressible',
      ],
    )
  })
})

describe('A segment for the platform dialect', () => {
  it('dials exactly whom the evaluator selects, wherever it fits into a filter', () => {
    let fits = 0
    fc.assert(
      fc.property(rulesOf('any', 2), (rules) => {
        const body = bodyOf(compilePlatformSegment(placeRules(rules, [])))
        if (body === null) return
        fits += 1
        const filter = body['filter'] as ContactListFilter | null
        const selects = selectionOf(rules, NOW_MS)
        for (const contact of contactsFor(rules)) {
          const cellOf = (column: string): string | undefined => contact[column]
          const through =
            filter === null || criteriaMean(criteriaSchema.parse(filter), cellOf, READING)
          assert.equal(through, selects(cellOf))
        }
      }),
      { numRuns: 200 },
    )
    assert.ok(fits > 100)
  })

  it('keeps to two levels and ten conditions, and names the widest rule where that is not enough', () => {
    const eleven: SegmentNode = {
      any: Array.from({ length: 11 }, (_, at): Leaf => ({
        attribute: `c${at}`,
        operator: '=',
        value: at,
      })),
    }
    const refused = compilePlatformSegment(placeRules({ conditions: eleven, exclusions: [] }, []))
    assert.ok('faults' in refused && refused.faults[0]?.code === 'segment-too-complex')
    assert.match(refused.faults[0]?.detail ?? '', /need 11/)
    const ten = { any: eleven.any.slice(0, 10) }
    const taken = compilePlatformSegment(placeRules({ conditions: ten, exclusions: [] }, []))
    assert.ok('compiled' in taken && taken.compiled.ruleCount === 10)
  })

  it('negates by `inverted`, never by the other operator', () => {
    const conditions: SegmentNode = { not: { attribute: 'age', operator: '<', value: 18 } }
    const body = bodyOf(compilePlatformSegment(placeRules({ conditions, exclusions: [] }, [])))
    assert.deepEqual(body?.['filter'], {
      filterType: 'AND',
      clauses: [
        {
          filterType: 'AND',
          predicates: [
            {
              column: 'age',
              columnType: 'numeric',
              operator: 'LESS_THAN',
              value: '18',
              inverted: true,
            },
          ],
        },
      ],
    })
  })
})
