import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'

import { embeddedHome } from '../../support/databases/database.ts'
import { createSegmentClient, CAMPAIGN, LIST } from '../../support/segments/segment-stage.ts'
import { type RunningGateway, setStage, type Stage } from '../../support/stages/stage.ts'

const home = embeddedHome()
const otherHome = embeddedHome()
let platform: Stage
let platformGateway: RunningGateway
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
  platform = await setStage(await otherHome.fresh(), 'platform')
  platform.sandbox.makeList(LIST)
  platform.sandbox.makeList({ ...LIST, id: 'others' })
  platform.sandbox.makeCampaign(CAMPAIGN)
  platform.sandbox.makeCampaign({ ...CAMPAIGN, id: 'running', status: 'on' })
  platform.sandbox.makeCampaign({ ...CAMPAIGN, id: 'forced-off', status: 'forced_off' })
  platformGateway = await platform.gateway()
})
after(async () => {
  await platform.close()
  await otherHome.close()
  await stage.close()
  await home.close()
})

const leaf = { attribute: 'region', operator: '=', value: 'NW' }
const of = (conditions: unknown) => ({ contactListIds: [LIST.id], conditions })
const nested = (depth: number): unknown => (depth === 1 ? leaf : { not: nested(depth - 1) })
const many = (length: number, make: (at: number) => unknown) =>
  Array.from({ length }, (_, at) => make(at))

/**
 * A rule that has `length` characters for Genesys: seven texts of 256 characters and one that fills
 * the rest.
 */
const ruleOf = (length: number) => ({
  attribute: 'region',
  operator: 'in',
  values: [
    ...many(7, (at) => String(at).repeat(256)),
    'x'.repeat(length - "region IN (, '')".length - 7 * 258 - 6 * 2),
  ],
})
/**
 * This many rules, in addition to those of the list and of SEGMENT_EXCLUSIONS. They are so long
 * that no two of them fit into one.
 */
const excluding = (rules: number) => ({
  contactListIds: [LIST.id],
  exclusions: many(rules, (at) => ({
    attribute: 'region',
    operator: 'in',
    values: many(4, (part) => `${at}-${part}-`.padEnd(256, 'x')),
  })),
})

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
  'a rule of 2,049 characters': [of(ruleOf(2_049)), 'segment-too-complex', '/conditions'],
  '51 rules': [excluding(50), 'segment-too-complex', '/'],
}

/** What only the platform dialect refuses. */
const REFUSED_ON_PLATFORM: Record<string, [body: unknown, code: string, place?: string]> = {
  'a list that is not the campaign’s': [
    { contactListIds: ['others'], conditions: leaf },
    'campaign-list-differs',
  ],
  'a second list': [
    { contactListIds: [LIST.id, 'others'], conditions: leaf },
    'campaign-list-differs',
  ],
  'more than 10 predicates': [
    of({ any: many(11, (at) => ({ attribute: 'age', operator: '=', value: at })) }),
    'segment-too-complex',
    '/conditions',
  ],
  'rules that are nested too deep for a filter': [
    of({
      any: many(4, (at) => ({
        all: [
          { attribute: 'age', operator: '>', value: at },
          {
            any: [
              { attribute: 'tier', operator: '=', value: `t${at}` },
              { attribute: 'region', operator: '=', value: `r${at}` },
            ],
          },
        ],
      })),
    }),
    'segment-too-complex',
    '/conditions',
  ],
  'a day that no month has': [
    of({ attribute: 'age', operator: 'before', value: '2026-02-30' }),
    'segment-invalid',
    '/conditions/value',
  ],
}

for (const [what, [body, code, place]] of Object.entries(REFUSED_ON_PLATFORM)) {
  test(`${what} is refused on the platform, and nothing is kept`, async () => {
    const segments = createSegmentClient(platformGateway.client)
    for (const send of [segments.put, segments.preview]) {
      const answer = await send(body)
      assert.deepEqual([answer.status, answer.body.code], [422, code], answer.text)
      if (place === undefined) continue
      const pointers = answer.body.errors?.map(({ pointer }) => pointer) ?? []
      assert.ok(
        pointers.some((pointer) => pointer.startsWith(place)),
        answer.text,
      )
    }
    assert.equal((await segments.versions()).body.items.length, 0)
  })
}

test('a setting that the platform dialect cannot make is refused, and not left out silently', async () => {
  const segments = createSegmentClient(platformGateway.client)
  for (const send of [segments.put, segments.preview]) {
    const answer = await send({ ...of(leaf), dialingMode: 'preview', useOnlyOnce: false })
    assert.deepEqual([answer.status, answer.body.code], [400, 'capability-not-available'])
    assert.match(answer.body.detail, /dialingMode.*useOnlyOnce/u)
  }
  const unset = { ...of(leaf), dialingMode: null, useOnlyOnce: null }
  assert.equal((await segments.preview(unset)).status, 200)
  assert.equal((await segments.versions()).body.items.length, 0)
})

test('a running campaign takes no other segment unless its restart is asked for', async () => {
  const segments = createSegmentClient(platformGateway.client, 'running')
  const refused = await segments.put(of(leaf))
  assert.deepEqual([refused.status, refused.body.code], [409, 'campaign-running'], refused.text)
  assert.equal((await segments.preview(of(leaf))).status, 200)
  assert.equal((await segments.versions()).body.items.length, 0)
  assert.equal(platform.sandbox.campaign('running').writes, 0)
})

test('a campaign that was forced off is not running, and takes another segment', async () => {
  const segments = createSegmentClient(platformGateway.client, 'forced-off')
  const { status, text } = await segments.put(of(leaf))
  assert.equal(status, 202, text)
  assert.equal((await segments.ended()).state, 'applied')
  assert.equal(platform.sandbox.campaign('forced-off').campaign.campaignStatus, 'forced_off')
})

test('a rule of 2,048 characters, 50 rules and 10 predicates are taken', async () => {
  const segments = createSegmentClient(gateway.client)
  for (const body of [of(ruleOf(2_048)), excluding(49)]) {
    const { status, text } = await segments.preview(body)
    assert.equal(status, 200, text)
  }
  const nine = many(9, (at) => ({ attribute: 'age', operator: '=', value: at }))
  const filter = await createSegmentClient(platformGateway.client).preview(of({ any: nine }))
  // The tenth rule is the exclusion of SEGMENT_EXCLUSIONS.
  assert.deepEqual([filter.status, filter.body.ruleCount], [200, 10], filter.text)
})

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
