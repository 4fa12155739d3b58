import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'

import { createManualClock, openSandbox } from '../caller.ts'

const LIST = {
  id: 'people',
  name: 'People',
  columns: ['customerId', 'age', 'region'].map((name) => ({
    name,
    kind: 'text' as const,
    required: false,
  })),
}
const PATH = '/api/v2/outbound/campaigns/spring'

const rule = (type: 'list' | 'contact', expression: string, action = 'include') => ({
  type,
  ...(type === 'contact' ? { expression } : {}),
  filter: { type, expression },
  actions: [{ type: action }],
})
const bodyOf = (...rules: object[]) => ({ rules, contactFilters: rules })
const ofList = rule('list', "listId = 'people'")

const open = async (t: TestContext) => {
  const clock = createManualClock()
  const opened = await openSandbox(t, { lists: [LIST], clock, provisioningLagMs: 300 })
  opened.sandbox.makeCampaign({ id: 'spring', name: 'Spring', contactListId: LIST.id })
  const patch = async (body: unknown) => {
    const answer = await opened.call('PATCH', PATH, body)
    return { status: answer.status, body: answer.body as object as Record<string, unknown> }
  }
  return { ...opened, clock, patch }
}

test('rules are applied, and the index rebuilds before the next ones are taken', async (t) => {
  const { call, patch, clock, sandbox } = await open(t)
  await call('POST', '/api/v2/outbound/lists/people/contacts/bulk', [
    { contactId: 'a', customerId: 'a', age: '30', region: "O'Hare" },
    { contactId: 'b', customerId: 'b', age: '8', region: 'NW' },
    { contactId: 'c', customerId: 'c', age: null, region: 'NW' },
  ])
  clock.advance(1_000)
  const first = await patch(
    bodyOf(
      ofList,
      rule('contact', "age >= 8 OR region = 'O''Hare'"),
      rule('contact', 'age = 8', 'exclude'),
    ),
  )
  assert.equal(first.status, 200)
  assert.equal(first.body['indexStatus'], 'processing')
  assert.deepEqual(sandbox.campaign('spring').dials, ['a'])
  assert.equal((await patch(bodyOf(ofList))).status, 409)
  clock.advance(1_000)
  const read = await call('GET', PATH)
  assert.equal((read.body as object as { indexStatus: string }).indexStatus, 'ready')
  assert.equal((await patch(bodyOf(ofList))).status, 200)
  assert.equal(sandbox.campaign('spring').writes, 2)
})

test('a rule that is not valid is 422 and named', async (t) => {
  const { patch } = await open(t)
  const cases: [object, number | undefined][] = [
    [bodyOf(ofList, rule('contact', 'age >')), 1],
    [bodyOf(ofList, rule('contact', "age = 'x' trailing")), 1],
    [bodyOf(ofList, rule('contact', 'colour = 1')), 1],
    [bodyOf(ofList, rule('contact', `age IN (${'1, '.repeat(1_000)}1)`)), 1],
    [bodyOf(rule('contact', 'age = 1')), undefined],
    [bodyOf(...Array.from({ length: 51 }, () => ofList)), undefined],
  ]
  for (const [body, index] of cases) {
    const refused = await patch(body)
    assert.equal(refused.status, 422)
    const errors = refused.body['errors'] as { index: number }[]
    assert.equal(errors[0]?.index, index)
  }
  assert.equal((await patch({ rules: [ofList], contactFilters: [] })).status, 400)
  assert.equal((await patch({ ...bodyOf(ofList), id: 'spring' })).status, 400)
})
