import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'

import { embeddedHome } from '../support/databases/database.ts'
import { createSegmentClient, CAMPAIGN, LIST } from '../support/segments/segment-stage.ts'
import { type RunningGateway, setStage, type Stage } from '../support/stages/stage.ts'

const home = embeddedHome()
let stage: Stage
let gateway: RunningGateway
before(async () => {
  stage = await setStage(await home.fresh(), 'guide')
  stage.sandbox.makeList({
    ...LIST,
    columns: [
      ...LIST.columns,
      ...['AND', 'listId'].map((name) => ({ name, kind: 'text', required: false }) as const),
    ],
  })
  stage.sandbox.makeList({ ...LIST, id: 'others', columns: LIST.columns.slice(0, 3) })
  stage.sandbox.makeCampaign(CAMPAIGN)
  gateway = await stage.gateway()
})
after(async () => {
  await stage.close()
  await home.close()
})

const leaf = { attribute: 'region', operator: '=', value: 'NW' }
const of = (conditions: unknown) => ({ contactListIds: [LIST.id], conditions })
const nested = (depth: number): unknown => (depth === 1 ? leaf : { not: nested(depth - 1) })
const many = (length: number, make: (at: number) => unknown) =>
  Array.from({ length }, (_, at) => make(at))

/** What is sent, the code of the answer, and one place that it names. */
const REFUSED: Record<string, [body: unknown, code: string, place: string, status?: number]> = {
  'a text': ['"text"', 'segment-invalid', ''],
  null: ['null', 'segment-invalid', ''],
  'a text for a tree': [of('region = NW'), 'segment-invalid', '/conditions'],
  'an unknown attribute': [of({ ...leaf, attribute: 'nowhere' }), 'segment-invalid', '/conditions'],
  'an attribute that one of several lists lacks': [
    { contactListIds: [LIST.id, 'others'], conditions: leaf },
    'segment-invalid',
    '/conditions',
  ],
  'an unknown operator': [
    of({ ...leaf, operator: '~' }),
    'segment-invalid',
    '/conditions/operator',
  ],
  'a range without ends': [
    of({ attribute: 'age', operator: 'between' }),
    'segment-invalid',
    '/conditions',
  ],
  'a range upside down': [
    of({ attribute: 'age', operator: 'between', min: 9, max: 1 }),
    'segment-invalid',
    '/conditions',
  ],
  'an empty in': [
    of({ attribute: 'age', operator: 'in', values: [] }),
    'segment-invalid',
    '/conditions/values',
  ],
  'a text under an ordering': [
    of({ attribute: 'age', operator: '<', value: '30' }),
    'segment-invalid',
    '/conditions/value',
  ],
  'nine levels': [of(nested(9)), 'segment-invalid', `/conditions${'/not'.repeat(8)}`],
  '201 comparisons': [of({ all: many(201, () => leaf) }), 'segment-invalid', '/conditions/all/200'],
  'a text of 257 characters': [
    of({ ...leaf, value: 'x'.repeat(257) }),
    'segment-invalid',
    '/conditions/value',
  ],
  'a line break': [of({ ...leaf, value: 'a\nb' }), 'segment-invalid', '/conditions/value'],
  NUL: [of({ ...leaf, value: 'a\u0000b' }), 'segment-invalid', '/conditions/value'],
  'an attribute that is a word of the language': [
    of({ ...leaf, attribute: 'AND' }),
    'attribute-not-expressible',
    '/conditions',
  ],
  'an attribute called listId': [
    of({ ...leaf, attribute: 'listId' }),
    'attribute-not-expressible',
    '/conditions',
  ],
  'an operator of the other dialect': [
    of({ ...leaf, operator: 'contains' }),
    'operator-not-expressible',
    '/conditions',
  ],
  'no list': [{ conditions: leaf }, 'segment-invalid', '/contactListIds'],
  'a list that is null': [
    { contactListIds: [LIST.id, null] },
    'segment-invalid',
    '/contactListIds',
  ],
  'twice the same list': [
    { contactListIds: [LIST.id, LIST.id] },
    'segment-invalid',
    '/contactListIds',
  ],
  'both forms at once': [
    { contactListIds: [LIST.id], listIds: [LIST.id] },
    'segment-invalid',
    '/listIds',
  ],
  'a rule past 2,048 characters': [
    of({ attribute: 'region', operator: 'in', values: many(300, (at) => `region-${at}`) }),
    'segment-too-complex',
    '/conditions',
  ],
}

for (const [what, [body, code, place, status = 422]] of Object.entries(REFUSED)) {
  test(`${what} is refused with its place, and nothing is kept`, async () => {
    const segments = createSegmentClient(gateway.client)
    for (const send of [segments.put, segments.preview]) {
      const answer = await send(body)
      assert.deepEqual([answer.status, answer.body.code], [status, code], answer.text)
      const pointers = answer.body.errors?.map(({ pointer }) => pointer) ?? []
      assert.ok(
        pointers.some((pointer) => pointer.startsWith(place)),
        answer.text,
      )
    }
    assert.equal((await segments.versions()).body.items.length, 0)
  })
}

test('an unknown campaign, an unknown list and a definition past 256 KiB are refused', async () => {
  const segments = createSegmentClient(gateway.client)
  const other = await createSegmentClient(gateway.client, 'nowhere').put(of(leaf))
  const list = await segments.put({ contactListIds: ['nowhere'] })
  const large = await segments.put(of({ ...leaf, value: 'x'.repeat(300 * 1024) }))
  assert.deepEqual(
    [other, list, large].map(({ status, body }) => [status, body.code]),
    [
      [404, 'not-found'],
      [404, 'not-found'],
      [413, 'body-too-large'],
    ],
  )
})

test('quotes and other alphabets are text and nothing else', async () => {
  const segments = createSegmentClient(gateway.client)
  const hostile = ["x' OR listId != '", "''", 'Zürich', '東京', "');--"]
  const { body, status, text } = await segments.preview(
    of({ attribute: 'region', operator: 'in', values: hostile }),
  )
  assert.equal(status, 200, text)
  const rules = body.compiled.rules ?? []
  assert.equal(
    rules[1]?.expression,
    `region IN (${hostile.map((one) => `'${one.replaceAll("'", "''")}'`).join(', ')})`,
  )
})
