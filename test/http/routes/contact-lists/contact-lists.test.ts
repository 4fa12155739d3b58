import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'

import { provisionedListSchema } from '../../../../src/http/routes/contact-lists/contact-list-schemas.ts'
import { renderNewContactList } from '../../../../src/http/routes/contact-lists/contact-list-view.ts'
import { bearer } from '../../../support/gateway/fake-keys.ts'
import { startFakeServer } from '../../../support/gateway/http-fakes.ts'

const PLAN = {
  name: 'Autumn 2026',
  columns: [
    { name: 'customerId', kind: 'text', required: true },
    { name: 'mobile', kind: 'phone' },
    { name: 'renewal', kind: 'date' },
  ],
  contactIdColumn: 'customerId',
}

const setUp = async (t: TestContext) => {
  const fake = await startFakeServer()
  t.after(() => fake.app.close())
  const post = (payload: unknown, headers: Record<string, string> = { 'idempotency-key': 'k' }) =>
    fake.app.inject({
      method: 'POST',
      url: '/v1/contact-lists',
      headers: { ...bearer('lists'), 'content-type': 'application/json', ...headers },
      payload: JSON.stringify(payload),
    })
  return { ...fake, post }
}

test('a list is made by name, columns and the column of the contact id; a replay says so', async (t) => {
  const { post, calls } = await setUp(t)
  const answer = await post(PLAN, { 'idempotency-key': '"autumn"' })
  assert.equal(answer.statusCode, 201, answer.body)
  assert.equal(answer.headers['location'], '/v1/contact-lists/list-new')
  assert.equal(answer.headers['idempotency-replayed'], undefined)
  const columns = PLAN.columns.map(({ name, kind, required = false }) => ({ name, kind, required }))
  assert.equal(calls.at(-1), `provision default autumn ${JSON.stringify({ ...PLAN, columns })}`)
  const again = await post(PLAN, { 'idempotency-key': 'again' })
  assert.equal(again.headers['idempotency-replayed'], 'true')
})

test('without an Idempotency-Key, or without the scope, nothing is made', async (t) => {
  const { post, calls, app } = await setUp(t)
  const missing = await post(PLAN, {})
  assert.deepEqual([missing.statusCode, missing.json().code], [400, 'idempotency-key-missing'])
  const scope = await app.inject({
    method: 'POST',
    url: '/v1/contact-lists',
    headers: { ...bearer('uploads'), 'idempotency-key': 'k' },
    payload: PLAN,
  })
  assert.deepEqual([scope.statusCode, scope.json().scope], [403, 'lists'])
  assert.ok(!calls.some((call) => call.startsWith('provision')))
})

test('what Genesys would refuse, or no file could fill, is 400 and named by its place', async (t) => {
  const { post, calls } = await setUp(t)
  const columns = (...more: { name: string; kind: string }[]) => ({
    columns: [...PLAN.columns.slice(0, 2), ...more],
  })
  const text = (name: string) => ({ name, kind: 'text' })
  const cases: [object, string][] = [
    [{ name: '' }, 'name'],
    [{ name: 'a'.repeat(65) }, 'name'],
    [{ name: ' a' }, 'name'],
    [{ name: 'a\u0000b' }, 'name'],
    [{ columns: [] }, 'columns'],
    [{ columns: [PLAN.columns[0]] }, 'columns'],
    [columns(...Array.from({ length: 49 }, (_, n) => text(`c${n}`))), 'columns'],
    [columns(text('MOBILE')), 'columns.2.name'],
    [columns(text('a'.repeat(129))), 'columns.2.name'],
    [columns(text('back\\slash')), 'columns.2.name'],
    [columns(text('with,comma')), 'columns.2.name'],
    [columns(text('constructor')), 'columns.2.name'],
    [columns(text('_line')), 'columns.2.name'],
    [columns(text('+1 415 555 0100')), 'columns.2.name'],
    [columns({ name: 'x', kind: 'number' }), 'columns.2.kind'],
    [{ contactIdColumn: 'other' }, 'contactIdColumn'],
    [{ contactIdColumn: 'mobile' }, 'contactIdColumn'],
    [{ summary: 'x' }, 'summary'],
    [{ description: '' }, 'description'],
    [{ description: 'a\u0000b' }, 'description'],
    [{ schemaVersion: 'v1' }, 'schemaVersion'],
    [{ divisionId: '../other' }, 'divisionId'],
    [{ timeZone: 'Europe/Atlantis' }, 'timeZone'],
    [{ retentionDays: 0 }, 'retentionDays'],
    [{ dateExpiration: '2027-01-01' }, 'dateExpiration'],
    [{ zipCodeColumn: 'customerId' }, 'zipCodeColumn'],
    [{ zipCodeColumn: 'mobile', automaticTimeZoneMapping: true }, 'zipCodeColumn'],
    [columns({ name: 'x' } as never), 'columns.2.kind'],
    [columns({ name: 'x', kind: 'text', type: 'String' } as never), 'columns.2.kind'],
    [columns({ name: 'x', type: 'Email', format: 'E.164' } as never), 'columns.2.format'],
    [columns({ ...text('x'), whatsApp: true } as never), 'columns.2.whatsApp'],
    [
      columns({ name: 'x', kind: 'phone', callableTimeColumn: 'zone' } as never),
      'columns.2.callableTimeColumn',
    ],
    [
      columns({ name: 'x', kind: 'phone', contactableTimeColumn: 'customerId' } as never),
      'columns.2.contactableTimeColumn',
    ],
    [
      {
        automaticTimeZoneMapping: true,
        ...columns({ name: 'x', kind: 'phone', callableTimeColumn: 'customerId' } as never),
      },
      'columns.2.callableTimeColumn',
    ],
  ]
  for (const [change, field] of cases) {
    const answer = await post({ ...PLAN, ...change })
    assert.equal(answer.statusCode, 400, answer.body)
    assert.deepEqual([answer.json().code, answer.json().fields[0]], ['body-invalid', field])
    assert.doesNotMatch(answer.body, /415 555/)
  }
  assert.ok(!calls.some((call) => call.startsWith('provision')))
})

test('a schema as guide 001 writes it is taken as it stands', async (t) => {
  const { post, calls } = await setUp(t)
  const fields = [
    { name: 'customerId', type: 'String', required: true },
    { name: 'phoneNumber', type: 'String', required: true, format: 'E.164' },
    { name: 'mobile', type: 'Phone' },
    { name: 'mail', type: 'Email' },
    { name: 'born', type: 'Date' },
  ]
  const asked = { description: 'For retail', schemaName: 'Retail', schemaVersion: '1.0' }
  const answer = await post({ name: 'G', contactIdColumn: 'customerId', columns: fields, ...asked })
  assert.equal(answer.statusCode, 201, answer.body)
  const plan = JSON.parse(calls.at(-1)?.replace('provision default k ', '') ?? '')
  assert.deepEqual(
    plan.columns.map(({ kind }: { kind: string }) => kind),
    ['text', 'phone', 'phone', 'email', 'date'],
  )
  assert.deepEqual([plan.description, plan.schemaName, plan.schemaVersion], Object.values(asked))
})

test('the answer says how each column was made where it is otherwise than asked', () => {
  const plan = {
    name: 'a',
    columns: [
      { name: 'id', kind: 'text', required: true },
      { name: 'mobile', kind: 'phone', required: false, callableTimeColumn: 'id' },
      { name: 'renewal', kind: 'date', required: false },
      { name: 'late', kind: 'text', required: false },
    ],
    contactIdColumn: 'id',
    schemaName: 'a',
    dateExpiration: '2027-01-01T01:00:00+01:00',
  } as const
  const made = {
    id: 'l1',
    name: 'a',
    status: 'ready',
    schemaVersion: '1',
    columns: [
      { name: 'id', kind: 'text', required: false },
      { name: 'mobile', kind: 'phone', required: false },
      { name: 'renewal', kind: 'text', required: false },
    ],
    size: 0,
    shown: { schemaName: 'b', dateExpiration: '2027-01-01T00:00:00.000Z', columns: {} },
  } as const
  const view = provisionedListSchema.parse(
    renderNewContactList({ ...made, columns: [...made.columns] }, plan),
  )
  assert.deepEqual(view.notes, [
    { column: 'id', note: 'In Genesys, this column is not a required column.' },
    { column: 'renewal', note: 'Genesys shows this column as text, not as date.' },
    { column: 'late', note: 'Genesys does not show this column yet.' },
    { column: null, note: 'Genesys does not show schemaName as requested.' },
    { column: 'mobile', note: 'Genesys does not show callableTimeColumn as requested.' },
  ])
})

test('contact lists come by pages that neither repeat nor miss one', async (t) => {
  const lists = ['b', 'd', 'a', 'c', 'e'].map((id) => ({ id, name: `List ${id}` }))
  const fake = await startFakeServer({ listContactLists: async () => lists })
  const all = { ...fake.deps.access, isGranted: async () => true }
  await fake.app.close()
  const { app } = await startFakeServer({ listContactLists: async () => lists, access: all })
  t.after(() => app.close())
  const get = async (query: string) =>
    (await app.inject({ url: `/v1/contact-lists?${query}`, headers: bearer('lists') })).json()
  const first = await get('limit=2')
  const second = await get(`limit=2&cursor=${first.next}`)
  // If a list is deleted meanwhile, the later pages can still be read.
  lists.splice(1, 1)
  const third = await get(`limit=2&cursor=${second.next}`)
  const ids = [first, second, third].map(({ items }) => items.map(({ id }: { id: string }) => id))
  assert.deepEqual(ids, [['a', 'b'], ['c', 'd'], ['e']])
  assert.equal(third.next, null)
  assert.deepEqual((await get('cursor=%C3%A9')).parameters, ['cursor'])
})
