import assert from 'node:assert/strict'
import { test } from 'node:test'

import fc from 'fast-check'

import {
  pressed,
  readForm,
  segmentFields,
  type SegmentForm,
  sentDefinition,
} from '../../../src/console/segments/segment-fields.ts'
import {
  conditionsGroup,
  type FormNode,
  formNode,
} from '../../../src/console/segments/segment-tree.ts'
import { differences } from '../../../src/console/segments/segment-words.ts'
import { readDefinition } from '../../../src/domain/segments/read-definition.ts'
import type { SegmentDefinition, SegmentNode } from '../../../src/domain/segments/segment.ts'

const OWN = { lists: 'l1\nl2', once: '0198c0de-11d2-4b6f-8e3a-5c90d4f7a2b6' }

/** The fields of the form as a browser sends them. */
const fieldsOf = (form: SegmentForm, more: Record<string, string> = {}) => {
  const fields: Record<string, string> = { ...OWN, lists: form.lists, do: 'preview', ...more }
  const write = (node: FormNode, path: string): void => {
    if (node.kind === 'rule') {
      const { attribute, operator, value, as } = node
      for (const [name, text] of Object.entries({ attribute, operator, value, as })) {
        fields[`${path}.${name}`] = text
      }
      return
    }
    fields[`${path}.join`] = node.join
    for (const [at, child] of node.nodes.entries()) write(child, `${path}.${at}`)
  }
  write(form.conditions, 'c')
  for (const [at, node] of form.exclusions.entries()) write(node, `x.${at}`)
  return segmentFields.parse({ ...fields, ...more })
}

const formOf = (conditions: SegmentNode | null, exclusions: SegmentNode[] = []): SegmentForm => ({
  ...{ lists: 'l1\nl2', dialingMode: null, useOnlyOnce: null, activation: 'keep' },
  conditions: conditionsGroup(conditions),
  exclusions: exclusions.map(formNode),
})

const definitionOf = (sent: object): SegmentDefinition => {
  const read = readDefinition(sent)
  assert.ok('definition' in read, JSON.stringify(read))
  return read.definition
}

const text = fc.constantFrom('Boston', 'NW', '30', 'a, b', '<b>')
const attribute = fc.constantFrom('city', 'age', 'last name')
const leaf: fc.Arbitrary<SegmentNode> = fc.oneof(
  fc.record({ attribute, operator: fc.constantFrom('=' as const, '!=' as const), value: text }),
  fc.record({ attribute, operator: fc.constant('=' as const), value: fc.integer() }),
  fc.record({ attribute, operator: fc.constant('<' as const), value: fc.integer() }),
  fc.record({
    attribute,
    operator: fc.constant('in' as const),
    values: fc.array(text, { minLength: 1 }),
  }),
  fc.record({
    ...{ attribute, operator: fc.constant('between' as const) },
    ...{ min: fc.integer({ max: 0 }), max: fc.integer({ min: 1 }) },
  }),
)
const node = fc.letrec<{ node: SegmentNode }>((tie) => ({
  node: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    leaf,
    fc.record({ all: fc.array(tie('node'), { minLength: 1, maxLength: 3 }) }),
    fc.record({ any: fc.array(tie('node'), { minLength: 1, maxLength: 3 }) }),
    fc.record({ not: fc.record({ any: fc.array(tie('node'), { minLength: 1, maxLength: 2 }) }) }),
  ),
})).node

test('rules go through the form and come out as they went in', () => {
  fc.assert(
    fc.property(fc.array(node, { minLength: 1, maxLength: 3 }), (all) => {
      // The members as JSON has them.
      const conditions = JSON.parse(JSON.stringify({ all })) as SegmentNode
      const form = formOf(conditions, [conditions])
      const { sent } = sentDefinition(readForm(fieldsOf(form)), 'guide')
      const plain = JSON.parse(JSON.stringify(sent)) as Record<string, unknown>
      assert.deepEqual(plain['contactListIds'], ['l1', 'l2'])
      assert.deepEqual(plain['conditions'], conditions)
      assert.deepEqual(plain['exclusions'], [conditions])
    }),
    { numRuns: 200 },
  )
})

test('a range keeps which of its ends count, and an empty line leaves an end open', () => {
  const range = { attribute: 'age', operator: 'between', min: 18, minInclusive: false } as const
  const { sent } = sentDefinition(readForm(fieldsOf(formOf({ all: [range] }))), 'guide')
  assert.deepEqual(sent['conditions'], { all: [range] })
})

test('a number that is none stays text, and its fault is found at its rule', () => {
  const form = formOf({ all: [{ attribute: 'age', operator: '<', value: 1 }] })
  const fields = fieldsOf(form, { 'c.0.value': 'many' })
  const { sent, places } = sentDefinition(readForm(fields), 'guide')
  const read = readDefinition(sent)
  assert.ok('faults' in read)
  assert.equal(places.get(read.faults[0]!.pointer.replace(/\/value$/u, '')), 'c.0')
})

test('buttons add and take away rules and groups, and say where the reader goes on', () => {
  const form = formOf(null)
  assert.equal(pressed(form, 'add-rule:c'), 'c.0.attribute')
  assert.equal(pressed(form, 'add-group:c'), 'c.1.join')
  assert.equal(pressed(form, 'add-rule:c.1'), 'c.1.1.attribute')
  assert.equal(pressed(form, 'add-rule:x'), 'x.0.attribute')
  assert.equal(pressed(form, 'remove:c.1.0'), 'add-rule:c.1')
  assert.equal(pressed(form, 'remove:c.0'), 'add-rule:c')
  const [group] = form.conditions.nodes
  assert.ok(group?.kind === 'group' && group.nodes.length === 1)
  assert.equal(pressed(form, 'add-rule:c.7'), 'c.join', 'a group that is not there takes nothing')
})

test('fields that are none of the rules are passed over, and an action that is none is refused', () => {
  const form = formOf({ all: [{ attribute: 'city', operator: '=', value: 'x' }] })
  const more = { 'c.0.constructor': 'x', '__proto__.join': 'all', 'd.0.join': 'x' }
  const fields = fieldsOf(form, more)
  assert.equal(readForm(fields).conditions.nodes.length, 1)
  assert.equal(segmentFields.safeParse({ ...OWN, do: 'drop:c' }).success, false)
})

test('what changes names comparisons that come and go, and a join that is another', () => {
  const of = (conditions: SegmentNode) => definitionOf({ contactListIds: ['l1'], conditions })
  const city = { attribute: 'city', operator: '=', value: 'Bonn' } as const
  const age = { attribute: 'age', operator: '>=', value: 18 } as const
  const found = differences(of({ all: [city] }), of({ all: [age] }))
  assert.deepEqual(found?.added, ['age is at least 18'])
  assert.deepEqual(found.removed, ['city is “Bonn”'])
  const joined = differences(of({ all: [city, age] }), of({ any: [city, age] }))
  assert.deepEqual([joined?.added, joined?.rearranged], [[], true])
  assert.equal(differences(null, of(city)), null)
})
