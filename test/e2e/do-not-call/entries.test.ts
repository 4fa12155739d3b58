import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'

import type { z } from 'zod'

import type {
  ledgerEntrySchema,
  searchAnswerSchema,
  submissionSchema,
} from '../../../src/http/routes/do-not-call/dnc-schemas.ts'
import { submissionSchema as shape } from '../../../src/http/routes/do-not-call/dnc-schemas.ts'
import { embeddedHome } from '../../support/databases/database.ts'
import { type RunningGateway, setStage, type Stage } from '../../support/stages/stage.ts'

type Submission = z.output<typeof submissionSchema>
type Entry = z.output<typeof ledgerEntrySchema>
type Problem = { code: string; columns?: string[]; options?: string[] }

const LIST = 'dnc-list-1'
const PATH = `/v1/dnc-lists/${LIST}/entries`
const BOTH_EXPIRIES = '?expires=2099-01-01T00:00:00Z&expiresAt=2099-02-01T00:00:00Z'
const NUMBER = '+14155552671'

describe('Do-not-call entries over HTTP', () => {
  const home = embeddedHome()
  let stage: Stage
  let gateway: RunningGateway
  before(async () => {
    stage = await setStage(await home.fresh(), 'guide')
    gateway = await stage.gateway({
      DNC_REASONS: 'litigator=REGULATORY,optout=CUSTOMER_REQUEST',
      MAX_UPLOAD_ROWS: '100000',
    })
  })
  after(async () => {
    await stage.close()
    await home.close()
  })

  let calls = 0
  const send = (
    body: unknown,
    { type = 'application/json', query = '', key = `key-${(calls += 1)}`, path = PATH } = {},
  ) =>
    gateway.client.call<Submission & Problem>(`${path}${query}`, {
      method: 'POST',
      headers: { 'content-type': type, 'idempotency-key': key },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    })
  const csv = (body: string, query = '') => send(body, { type: 'text/csv', query })
  const accepted = async (answer: ReturnType<typeof send>): Promise<Submission> => {
    const { status, body, text, headers } = await answer
    assert.equal(status, 202, text)
    assert.ok(shape.safeParse(body).success, text)
    assert.equal(headers.get('location'), `/v1/dnc-submissions/${body.id}`)
    const { counts } = body
    const { read, rejected, quarantined, duplicates, blank } = counts
    assert.equal(read, counts.accepted + rejected + quarantined + duplicates + blank)
    return body
  }
  const ledger = async ({ id }: Submission, query = ''): Promise<Entry[]> => {
    const { body } = await gateway.client.call<{ items: Entry[] }>(
      `/v1/dnc-submissions/${id}/entries?limit=500${query}`,
    )
    return body.items
  }
  const listed = async (): Promise<number> => {
    const { body } = await gateway.client.call<{ items: unknown[] }>(
      '/v1/dnc-submissions?limit=100',
    )
    return body.items.length
  }

  const rejections: readonly [string, object, string, string | null][] = [
    [
      'a number without a region',
      { phoneNumber: '(415) 555-2671' },
      'phone-region-missing',
      'phoneNumber',
    ],
    [
      'digits that look like a number of the United States',
      { phoneNumber: '4155552671' },
      'phone-region-missing',
      'phoneNumber',
    ],
    [
      'free text around a number',
      { phoneNumber: '(415) 555-2671; DROP', region: 'US' },
      'phone-invalid',
      'phoneNumber',
    ],
    [
      'two numbers in a cell',
      { phoneNumber: '+14155552671 / +14155552672' },
      'phone-several',
      'phoneNumber',
    ],
    [
      '31 February',
      { phoneNumber: NUMBER, expiresAt: '2031-02-31T00:00:00Z' },
      'date-invalid',
      'expiresAt',
    ],
    [
      'a time without a zone',
      { phoneNumber: NUMBER, expiresAt: '2031-01-31T00:00:00' },
      'date-invalid',
      'expiresAt',
    ],
    [
      'a date alone',
      { phoneNumber: NUMBER, receivedAt: '2026-01-31' },
      'date-invalid',
      'receivedAt',
    ],
    [
      'a year that is no year',
      { phoneNumber: NUMBER, expiresAt: '2' },
      'date-invalid',
      'expiresAt',
    ],
    [
      'an expiry that is past',
      { phoneNumber: NUMBER, expires: '2020-01-01T00:00:00Z' },
      'expiry-past',
      'expires',
    ],
    [
      'two expiries',
      { phoneNumber: NUMBER, expiresAt: '2031-01-01T00:00:00Z', expires: '2032-01-01T00:00:00Z' },
      'expiry-twice',
      'expires',
    ],
    ['a region that is none', { phoneNumber: NUMBER, region: 'UK' }, 'region-unknown', 'region'],
    [
      'an email and a phone',
      { phoneNumber: NUMBER, email: 'a@example.com' },
      'entry-subject-both',
      null,
    ],
    ['neither', { reason: 'REGULATORY' }, 'entry-subject-missing', null],
    ['no email', { email: 'ann at example' }, 'email-invalid', 'email'],
    ['a field that no entry has', { phoneNumber: NUMBER, phone: '1' }, 'unknown-column', 'phone'],
    ['a number beyond text', { phoneNumber: { home: NUMBER } }, 'value-not-text', 'phoneNumber'],
    [
      'ids that are none',
      { phoneNumber: NUMBER, contactListIds: ['a/b'] },
      'contact-lists-invalid',
      'contactListIds',
    ],
  ]
  for (const [what, entry, code, column] of rejections) {
    test(`${what} rejects that entry alone, with ${code}`, async () => {
      const submission = await accepted(send([entry, { phoneNumber: NUMBER }]))
      assert.deepEqual(submission.rejections, { [code]: 1 })
      assert.equal(submission.counts.accepted, 1)
      const [found] = await ledger(submission, '&outcome=rejected')
      assert.equal(found?.code, code)
      assert.equal(found?.column, column)
      assert.equal(found?.line, 1)
    })
  }

  const refusals: readonly [string, Parameters<typeof send>, string][] = [
    ['an empty body', ['', { type: 'text/csv' }], 'dnc-no-entries'],
    ['a header and nothing else', ['phoneNumber,reason\n', { type: 'text/csv' }], 'dnc-no-entries'],
    ['blank lines alone', ['phoneNumber,reason\n,\n', { type: 'text/csv' }], 'dnc-no-entries'],
    ['an empty array', ['[]'], 'dnc-no-entries'],
    ['an empty member', [{ entries: [] }], 'dnc-no-entries'],
    ['broken JSON', ['[{"phoneNumber": "+14155552671"'], 'json-malformed'],
    ['another member', [{ contacts: [] }], 'json-malformed'],
    ['an unknown header', ['phone,reason\n1,2\n', { type: 'text/csv' }], 'dnc-columns-unknown'],
    ['no header', [`${NUMBER},REGULATORY\n`, { type: 'text/csv' }], 'header-forbidden'],
    [
      'the expiry by both of its names in a header twice',
      ['phoneNumber,phoneNumber\n1,2\n', { type: 'text/csv' }],
      'header-duplicate',
    ],
    ['an unknown option', [[{ phoneNumber: NUMBER }], { query: '?urgent=true' }], 'option-unknown'],
    ['a mapping beside JSON', ['[]', { query: '?mapping={}' }], 'option-invalid'],
    ['one expiry beside the other', ['[]', { query: BOTH_EXPIRIES }], 'option-invalid'],
    ['an option that is no time', ['[]', { query: '?expiresAt=soon' }], 'option-invalid'],
  ]
  for (const [what, call, code] of refusals) {
    test(`${what} refuses the call with ${code} and keeps nothing`, async () => {
      const before = await listed()
      const { status, body, text } = await send(...call)
      assert.ok(status >= 400 && status < 500, text)
      assert.equal(body.code, code, text)
      assert.equal(await listed(), before)
    })
  }

  test('an unknown reason is UNSPECIFIED, and the words of the CRM are its own', async () => {
    const submission = await accepted(
      send([
        { phoneNumber: '+14155552671', reason: 'He was angry' },
        { phoneNumber: '+14155552672', reason: 'Litigator' },
        { phoneNumber: '+14155552673', reason: 'CUSTOMER_REQUEST' },
      ]),
    )
    const terms = (await ledger(submission)).map(({ entry }) => [
      entry?.reason,
      entry?.originalReason,
    ])
    assert.deepEqual(terms, [
      ['UNSPECIFIED', 'He was angry'],
      ['REGULATORY', 'Litigator'],
      ['CUSTOMER_REQUEST', null],
    ])
  })

  test('an entry outside the allowed countries, or of none, is kept and quarantined', async () => {
    const submission = await accepted(
      send([
        { phoneNumber: '+41446681800' },
        { phoneNumber: '+80012345678' },
        { phoneNumber: '+447911123456' },
        { phoneNumber: '+442079460018' },
      ]),
    )
    const { accepted: taken, quarantined, rejected } = submission.counts
    assert.deepEqual([taken, quarantined, rejected], [1, 3, 0])
    const outcomes = (await ledger(submission)).map(({ outcome, code }) => [outcome, code])
    assert.deepEqual(outcomes[0], ['quarantined', 'country-not-allowed'])
    assert.deepEqual(outcomes[3], ['pending', null])
  })

  test('options stand for entries without their own, and a national number needs its region', async () => {
    const lists = 'contactListIds=list-b,list-a'
    const submission = await accepted(
      csv(
        'phoneNumber,source\n(415) 555-2671,\n030 123456,crm\n',
        `?region=DE&source=export&${lists}`,
      ),
    )
    const entries = await ledger(submission)
    assert.equal(entries[1]?.outcome, 'pending')
    assert.deepEqual(entries[1]?.entry?.contactListIds, ['list-a', 'list-b'])
    assert.equal(entries[1]?.entry?.source, 'crm')
  })

  test('a mapping gives columns their fields and leaves others out', async () => {
    const mapping = encodeURIComponent(JSON.stringify({ phone: 'phoneNumber', name: null }))
    const submission = await accepted(csv(`name;phone\nAnn;${NUMBER}\n`, `?mapping=${mapping}`))
    assert.equal(submission.counts.accepted, 1)
    const [entry] = await ledger(submission)
    assert.deepEqual(entry?.cells, { name: 'Ann', phone: NUMBER })
  })

  test('an ndjson names fields in any entry, and a form carries its options', async () => {
    const lines = [{ phoneNumber: NUMBER }, { email: 'Ann@Example.com', source: 'x' }]
    const body = lines.map((line) => JSON.stringify(line)).join('\n')
    const { counts } = await accepted(send(body, { type: 'application/x-ndjson' }))
    assert.equal(counts.accepted, 2)
    const form = new FormData()
    form.append('options', JSON.stringify({ reason: 'optout' }))
    form.append('file', new Blob([`phoneNumber\n${NUMBER}\n`], { type: 'text/csv' }), 'dnc.csv')
    const {
      status,
      text,
      body: sent,
    } = await gateway.client.call<Submission>(PATH, {
      method: 'POST',
      headers: { 'idempotency-key': 'form' },
      body: form,
    })
    assert.equal(status, 202, text)
    assert.equal((await ledger(sent))[0]?.entry?.reason, 'CUSTOMER_REQUEST')
    assert.equal(sent.source.fileName, 'dnc.csv')
  })

  test('a hundred thousand duplicates are one entry, under the strongest reason', async () => {
    const lines = Array.from({ length: 99_999 }, (_, at) => (at % 2 ? NUMBER : '1 415 555 2671'))
    const file = `phoneNumber,reason,region\n${lines.map((line) => `${line},,US`).join('\n')}\n${NUMBER},REGULATORY,\n`
    const submission = await accepted(csv(file))
    const { read, accepted: taken, duplicates } = submission.counts
    assert.deepEqual([read, taken, duplicates], [100_000, 1, 99_999])
    const kept = await ledger(submission, '&outcome=pending')
    assert.equal(kept.length, 1)
    const [first] = await ledger(submission, '&outcome=duplicate')
    assert.equal(first?.code, 'duplicate-in-submission')
  })

  test('a repeated key answers as before, and refuses other entries', async () => {
    const entries = [{ phoneNumber: NUMBER }]
    const first = await send(entries, { key: 'again' })
    const second = await send(entries, { key: 'again' })
    assert.equal(second.status, 202)
    assert.equal(second.headers.get('idempotency-replayed'), 'true')
    assert.equal(second.text, first.text)
    const other = await send([{ phoneNumber: '+14155552672' }], { key: 'again' })
    assert.deepEqual([other.status, other.body.code], [422, 'idempotency-key-reused'])
  })

  test('without a key, and with a key that may not, nothing is taken', async () => {
    const { status, body } = await gateway.client.call<Problem>(PATH, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify([{ phoneNumber: NUMBER }]),
    })
    assert.deepEqual([status, body.code], [400, 'idempotency-key-missing'])
    const wild = await send('[]', { path: '/v1/dnc-lists/%20/entries' })
    assert.equal(wild.status, 400)
  })

  test('the rejected entries come out as CSV, are mended and sent back', async () => {
    const submission = await accepted(
      csv(`phoneNumber,reason\n(415) 555-2671,optout\n${NUMBER},optout\n`),
    )
    const { text, headers } = await gateway.client.call(
      `/v1/dnc-submissions/${submission.id}/entries?outcome=rejected`,
      { headers: { accept: 'text/csv' } },
    )
    assert.match(headers.get('content-type') ?? '', /^text\/csv/)
    const mended = text.replace('(415) 555-2671', '+14155552671')
    const again = await accepted(csv(mended))
    const { read, accepted: taken } = again.counts
    assert.deepEqual([read, taken], [1, 1])
  })

  test('a search tells who is suppressed from the 202 on, by which entry, in whatever spelling', async () => {
    const path = '/v1/dnc-lists/dnc-list-3/entries'
    const search = (body: object) =>
      gateway.client.call<z.output<typeof searchAnswerSchema> & Problem>(`${path}/search`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      })
    const asked = {
      phoneNumbers: ['+1 415-555-2671', '+14155552672'],
      emails: ['ANN@Bücher.example'],
    }
    await accepted(send([{ phoneNumber: '+14155552679' }], { path }))
    const before = await search(asked)
    assert.deepEqual(
      before.body.items.map(({ suppressed }) => suppressed),
      [false, false, false],
    )
    const first = await accepted(
      send(
        [
          { phoneNumber: '+14155552671', reason: 'litigator', source: 'court' },
          { email: 'ann@bücher.example', contactListIds: ['list-a'] },
        ],
        { path },
      ),
    )
    await accepted(
      send([{ phoneNumber: '+14155552671' }, { phoneNumber: '+80012345678' }], { path }),
    )
    const { body, text } = await search(asked)
    const shown = body.items.map(({ suppressed, entries }) => [suppressed, entries.length])
    assert.deepEqual(
      shown,
      [
        [true, 2],
        [false, 0],
        [true, 1],
      ],
      text,
    )
    const [entry] = body.items[0]!.entries
    assert.deepEqual(
      [entry?.reason, entry?.originalReason, entry?.source, entry?.submissionId, entry?.state],
      ['REGULATORY', 'litigator', 'court', first.id, 'standing'],
    )
    assert.deepEqual(body.items[2]?.entries[0]?.scope, ['list-a'])
    const quarantined = await search({ phoneNumbers: ['+80012345678'] })
    assert.equal(quarantined.body.items[0]?.suppressed, true)
    assert.equal(quarantined.body.items[0]?.entries[0]?.state, 'quarantined')
    await accepted(
      send([{ phoneNumber: '+14155552679' }], { path: '/v1/dnc-lists/dnc-list-4/entries' }),
    )
    const elsewhere = await gateway.client.call<z.output<typeof searchAnswerSchema>>(
      '/v1/dnc-lists/dnc-list-4/entries/search',
      {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ phoneNumbers: [NUMBER] }),
      },
    )
    assert.equal(elsewhere.body.items[0]?.suppressed, false)
    for (const wrong of [{}, { phoneNumbers: ['4155552671'] }, { emails: ['x'] }, { phones: [] }]) {
      const { status, body: problem } = await search(wrong)
      assert.deepEqual([status, problem.code], [400, 'body-invalid'])
    }
  })

  test('only a key that has dnc:override by name releases what is quarantined; being an admin is not enough', async () => {
    const submission = await accepted(send([{ phoneNumber: '+80012345678' }]))
    assert.equal(submission.state, 'applied_with_errors')
    const release = `/v1/dnc-submissions/${submission.id}/release`
    const { status, body } = await gateway.client.call<Problem>(release, { method: 'POST' })
    assert.deepEqual([status, body.code], [403, 'scope-missing'])
    const resumed = await gateway.client.call<Problem>(
      `/v1/dnc-submissions/${submission.id}/resume`,
      { method: 'POST' },
    )
    assert.deepEqual([resumed.status, resumed.body.code], [409, 'dnc-not-held'])
    const unknown = await gateway.client.call<Problem>('/v1/dnc-submissions/dns_1/resume', {
      method: 'POST',
    })
    assert.equal(unknown.status, 404)
  })

  test('a search and an export of a list for which nothing was submitted are 404, not "nobody"', async () => {
    const path = '/v1/dnc-lists/dnc-mistyped/entries'
    const search = await gateway.client.call<{ code: string }>(`${path}/search`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ phoneNumbers: [NUMBER] }),
    })
    assert.deepEqual([search.status, search.body.code], [404, 'not-found'])
    assert.equal((await gateway.client.call(`${path}/export`)).status, 404)
  })

  test('the list shows them newest first, of one list, in pages', async () => {
    const other = '/v1/dnc-lists/dnc-list-2/entries'
    const first = await accepted(send([{ phoneNumber: NUMBER }], { path: other }))
    const second = await accepted(send([{ phoneNumber: NUMBER }], { path: other }))
    const page = async (query: string) =>
      (
        await gateway.client.call<{ items: Submission[]; next: string | null }>(
          `/v1/dnc-submissions?dncListId=dnc-list-2&limit=1${query}`,
        )
      ).body
    const newest = await page('')
    assert.deepEqual(
      newest.items.map(({ id }) => id),
      [second.id],
    )
    const older = await page(`&cursor=${newest.next}`)
    assert.deepEqual([older.items[0]?.id, older.next], [first.id, null])
    assert.deepEqual((await page('&state=applied')).items, [])
    const { headers } = await gateway.client.call(`/v1/dnc-submissions/${first.id}`)
    const { status } = await gateway.client.call(`/v1/dnc-submissions/${first.id}`, {
      headers: { 'if-none-match': headers.get('etag')! },
    })
    assert.equal(status, 304)
  })
})
