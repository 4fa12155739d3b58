import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { ConfigInvalid, readConfig } from '../../../src/config.ts'
import { analyseSegment } from '../../../src/domain/segments/analysis/analyse.ts'
import { selectionOf } from '../../../src/domain/segments/evaluate.ts'
import { placeRules } from '../../../src/domain/segments/placed.ts'
import { readDefinition } from '../../../src/domain/segments/read-definition.ts'
import type { Leaf, SegmentRules } from '../../../src/domain/segments/segment.ts'
import { compileGuideSegment } from '../../../src/genesys/guide/segment-rules.ts'
import { readExpression } from '../../../src/sandbox/guide/rule-expressions.ts'
import { bodyOf, dialledByGuide, rulesIn } from '../../support/segments/compiled-rules.ts'

/**
 * The bugs of the source guide about segments, each named by its number. The tests of
 * test/regressions/segments cover E1 to E26.
 */
type Rules = Pick<SegmentRules, 'conditions' | 'exclusions'>
const NONE: Rules = { conditions: null, exclusions: [] }
const leaf = (attribute: string, operator: string, value: string | number): Leaf =>
  ({ attribute, operator, value }) as Leaf
const REGION = leaf('region', '=', 'NW')
const MARKED = leaf('do_not_call', '=', 'true')

const faultsOf = (body: unknown): string[] => {
  const read = readDefinition(body)
  return 'faults' in read ? read.faults.map(({ pointer, code }) => `${pointer} ${code}`) : []
}
const compiled = (rules: Partial<Rules>, lists = ['l1']) =>
  compileGuideSegment(placeRules({ ...NONE, ...rules }, []), lists)
const writtenOf = (rules: Partial<Rules>, lists = ['l1']): string[] =>
  rulesIn(bodyOf(compiled(rules, lists)) ?? {}).map(
    ({ filter, actions }) => `${actions[0]?.type} ${filter.expression}`,
  )
const dials = (rules: Partial<Rules>, contact: Record<string, string>): boolean =>
  dialledByGuide(rulesIn(bodyOf(compiled(rules)) ?? {}), contact)
const findingsOf = (rules: Partial<Rules>): string[] =>
  analyseSegment(placeRules({ ...NONE, ...rules }, []), {
    ...{ reading: 'positive', nowMs: 0, monotonicMs: () => 0 },
  }).findings.map(({ code, severity, path }) => `${code} ${severity} ${path}`)
const configFaults = (source: Record<string, string>): string => {
  try {
    readConfig({
      ...{ GENESYS_CLIENT_ID: 'client', GENESYS_CLIENT_SECRET: 'secret', GENESYS_DIALECT: 'guide' },
      ...{ ADMIN_API_KEY: 'a'.repeat(32), ...source },
    })
    return ''
  } catch (error) {
    assert.ok(error instanceof ConfigInvalid)
    return error.message
  }
}

describe('Rules of a segment, where the source guide was wrong', () => {
  it('E1: a quote in a text does not end it', () => {
    const value = "x' OR listId != '"
    const [, rule = ''] = writtenOf({ conditions: leaf('region', '=', value) })
    assert.deepEqual(readExpression(rule.replace('include ', '')), {
      ...{ kind: 'compare', name: 'region', operator: '=', literal: value },
    })
  })

  it('E2: an operator and a column are no free text', () => {
    const put = (operator: string) =>
      faultsOf({ contactListIds: ['l1'], conditions: { attribute: 'age', operator, value: 1 } })
    assert.deepEqual(put('>= 0 OR age <'), ['/conditions/operator operator-unknown'])
    assert.deepEqual(put('>='), [])
    const made = compiled({ conditions: leaf('age = 1 OR region', '=', 1) })
    assert.equal('faults' in made && made.faults[0]?.code, 'attribute-not-expressible')
  })

  it('E3: a range may lack one end, and an end is a number', () => {
    const short = (range: unknown) => ({ listIds: ['l1'], demographicMatrix: { age: range } })
    for (const [range, rule] of [
      [{ min: 25 }, 'include age >= 25'],
      [{ max: 55 }, 'include age <= 55'],
      [{ min: 25, max: 55 }, 'include age >= 25 AND age <= 55'],
    ] as const) {
      const read = readDefinition(short(range))
      assert.ok('definition' in read)
      assert.deepEqual(writtenOf(read.definition).slice(1), [rule])
    }
    const at = '/demographicMatrix/age'
    assert.deepEqual(faultsOf(short({ min: null, max: 5 })), [`${at}/min literal-invalid`])
    assert.deepEqual(faultsOf(short({})), [`${at} range-without-ends`])
    assert.deepEqual(faultsOf(short(null)), [`${at} not-an-object`])
  })

  it('E4: words of the language inside a text are text, and the guide’s own example is valid', () => {
    const value = 'AND OR NOT IN listId ( ) = !='
    const body = { contactListIds: ['AND'], conditions: leaf('region', '=', value) }
    assert.deepEqual(faultsOf(body), [])
    assert.deepEqual(writtenOf(body), ["include listId = 'l1'", `include region = '${value}'`])
    const example = {
      ...{ primaryListId: 'l1', listIds: ['l1', 'l2'] },
      demographicMatrix: {
        ...{ age: { min: 25, max: 55 }, region: { allowed: ['NW', 'CA', 'TX'] } },
        engagement_score: { min: 70, max: 100 },
      },
      exclusionRules: [
        { attribute: 'do_not_call', operator: '=', value: 'true' },
        { attribute: 'recently_contacted', operator: '>', value: '30' },
      ],
    }
    assert.deepEqual(faultsOf(example), [])
  })

  it('E5: operators, quotes and types are checked, each at its place', () => {
    const all = [leaf('a', 'LIKE', 'x'), leaf('b', '<', 'x'), leaf('c', '=', 'a\nb')]
    assert.deepEqual(faultsOf({ contactListIds: ['l1'], conditions: { all } }), [
      '/conditions/all/0/operator operator-unknown',
      '/conditions/all/1/value literal-not-orderable',
      '/conditions/all/2/value literal-invalid',
    ])
  })

  it('E6: an exclusion keeps out whom it names and nobody else', () => {
    const rules = { exclusions: [MARKED] }
    assert.deepEqual(writtenOf(rules).slice(1), ["exclude do_not_call = 'true'"])
    assert.deepEqual(
      ['true', 'false', ''].map((mark) => dials(rules, { do_not_call: mark })),
      [false, true, true],
    )
  })

  it('E7: an exclusion that equals a condition stays, and wins', () => {
    const rules: Rules = { conditions: REGION, exclusions: [REGION] }
    assert.equal(dials(rules, { region: 'NW' }), false)
    assert.deepEqual(writtenOf(rules).slice(1), ["include region = 'NW'", "exclude region = 'NW'"])
    assert.deepEqual(findingsOf(rules), ['swallowed-by-exclusion error /conditions'])
  })

  it('E8: rules overlap where they share contacts, not where their texts resemble each other', () => {
    const alike = { any: [leaf('region', '=', 'N'), leaf('region', '=', 'NW')] }
    assert.deepEqual(findingsOf({ conditions: alike }), [])
    const shared = { any: [leaf('age', '<', 50), leaf('age', '>', 40)] }
    assert.deepEqual(findingsOf({ conditions: shared }), ['overlap info /conditions/any/0'])
  })

  it('E9: one list is enough, all conditions are needed', () => {
    const rules: Rules = { conditions: { all: [REGION, leaf('age', '>', 30)] }, exclusions: [] }
    const selects = selectionOf(rules, 0)
    for (const [region, age] of [
      ['NW', '40'],
      ['NW', '20'],
      ['CA', '40'],
    ] as const) {
      const contact = { region, age }
      const wanted = region === 'NW' && age === '40'
      assert.equal(dials(rules, contact), wanted)
      assert.equal(
        selects((column) => contact[column as 'age']),
        wanted,
      )
    }
    assert.deepEqual(writtenOf({}, ['l1', 'l2']), [
      "include listId = 'l1'",
      "include listId = 'l2'",
    ])
  })

  it('E11: both names of the rules carry the same, and no id', () => {
    const body = bodyOf(compiled({ conditions: REGION }))
    assert.deepEqual(Object.keys(body ?? {}), ['rules', 'contactFilters'])
    assert.deepEqual(body?.['rules'], body?.['contactFilters'])
  })

  it('E12: a rule that is too long is refused before anything is sent, with its place', () => {
    const values = Array.from({ length: 300 }, (_, at) => `value-${at}`)
    const made = compiled({ conditions: { attribute: 'region', operator: 'in', values } })
    assert.deepEqual('faults' in made && made.faults.map(({ code, path }) => [code, path]), [
      ['segment-too-complex', '/conditions'],
    ])
  })

  it('E21: the region is one of a closed list', () => {
    for (const GENESYS_REGION of ['evil.example', 'us-east-1.evil.example', 'x@evil.example/']) {
      const said = configFaults({ GENESYS_REGION })
      assert.match(said, /GENESYS_REGION/)
      assert.ok(!said.includes('evil'))
    }
    assert.equal(configFaults({ GENESYS_REGION: 'eu-central-1' }), '')
  })

  it('E23: a list that is not there is a fault and never a list of that name', () => {
    for (const second of [undefined, null, '', 7]) {
      const sent = [JSON.parse(JSON.stringify(['l1', second])), ['l1', second]]
      for (const listIds of sent)
        assert.deepEqual(faultsOf({ listIds }), ['/listIds lists-invalid'])
    }
  })

  it('E24: numbers compare as numbers', () => {
    const conditions = leaf('age', '>', 30)
    for (const [age, wanted] of [
      ['9', false],
      ['31', true],
      ['100', true],
    ] as const) {
      assert.equal(dials({ conditions }, { age }), wanted)
    }
    const text = { contactListIds: ['l1'], conditions: leaf('age', '>', '30') }
    assert.deepEqual(faultsOf(text), ['/conditions/value literal-not-orderable'])
  })

  it('E25: the address of the customer data platform is checked at the start', () => {
    const secret = `whsec_${Buffer.alloc(32).toString('base64')}`
    for (const CDP_SYNC_URL of ['ftp://cdp.example', 'http://cdp.example', 'cdp', 'javascript:1']) {
      assert.match(configFaults({ CDP_SYNC_URL, CDP_SYNC_SECRET: secret }), /CDP_SYNC_URL/)
    }
    assert.match(configFaults({ CDP_SYNC_URL: 'https://cdp.example' }), /CDP_SYNC_SECRET/)
    const whole = { CDP_SYNC_URL: 'https://cdp.example', CDP_SYNC_SECRET: secret }
    assert.equal(configFaults(whole), '')
  })
})
