import assert from 'node:assert/strict'
import { describe, test } from 'node:test'

import type { z } from 'zod'

import type { searchAnswerSchema } from '../../../src/http/routes/do-not-call/dnc-schemas.ts'
import {
  entriesOfSuite,
  ENTRIES_PATH,
  NUMBER,
  type Submission,
  type Problem,
} from '../../support/do-not-call/entries-over-http.ts'
import { reachSubmission } from '../../support/do-not-call/reach-submission.ts'

describe('Do-not-call entries over HTTP', () => {
  const { gateway, send, csv, accepted, ledger } = entriesOfSuite()

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

  test('an entry for a contact list that Genesys does not have is kept, and the submission says so', async () => {
    const named = (contactListIds: string[]) => send([{ phoneNumber: NUMBER, contactListIds }])
    const wrong = await accepted(named(['demo-contacts', 'demo-contcats']))
    assert.equal(wrong.counts.accepted, 1)
    assert.equal(wrong.notes.length, 1)
    assert.match(wrong.notes[0]!, /^Genesys has no contact list demo-contcats\. /)
    const right = await accepted(named(['demo-contacts']))
    assert.deepEqual(right.notes, [])
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
    } = await gateway().client.call<Submission>(ENTRIES_PATH, {
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

  test('the rejected entries come out as CSV, are mended and sent back', async () => {
    const submission = await accepted(
      csv(`phoneNumber,reason\n(415) 555-2671,optout\n${NUMBER},optout\n`),
    )
    const { text, headers } = await gateway().client.call(
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
      gateway().client.call<z.output<typeof searchAnswerSchema> & Problem>(`${path}/search`, {
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
    const elsewhere = await gateway().client.call<z.output<typeof searchAnswerSchema>>(
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
    const { status, body } = await gateway().client.call<Problem>(release, { method: 'POST' })
    assert.deepEqual([status, body.code], [403, 'scope-missing'])
    const resumed = await gateway().client.call<Problem>(
      `/v1/dnc-submissions/${submission.id}/resume`,
      { method: 'POST' },
    )
    assert.deepEqual([resumed.status, resumed.body.code], [409, 'dnc-not-held'])
    const unknown = await gateway().client.call<Problem>('/v1/dnc-submissions/dns_1/resume', {
      method: 'POST',
    })
    assert.equal(unknown.status, 404)
  })

  test('a search and an export of a list for which nothing was submitted are 404, not "nobody"', async () => {
    const path = '/v1/dnc-lists/dnc-mistyped/entries'
    const search = await gateway().client.call<{ code: string }>(`${path}/search`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ phoneNumbers: [NUMBER] }),
    })
    assert.deepEqual([search.status, search.body.code], [404, 'not-found'])
    assert.equal((await gateway().client.call(`${path}/export`)).status, 404)
  })

  test('the list shows them newest first, of one list, in pages', async () => {
    const other = '/v1/dnc-lists/dnc-list-2/entries'
    const first = await accepted(send([{ phoneNumber: NUMBER }], { path: other }))
    const second = await accepted(send([{ phoneNumber: NUMBER }], { path: other }))
    const page = async (query: string) =>
      (
        await gateway().client.call<{ items: Submission[]; next: string | null }>(
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
  })

  test('a submission that did not change since it was read is 304', async () => {
    const path = '/v1/dnc-lists/dnc-list-unknown/entries'
    const first = await accepted(send([{ phoneNumber: NUMBER }], { path }))
    await reachSubmission(gateway(), first.id, 'held')
    const { headers } = await gateway().client.call(`/v1/dnc-submissions/${first.id}`)
    const { status } = await gateway().client.call(`/v1/dnc-submissions/${first.id}`, {
      headers: { 'if-none-match': headers.get('etag')! },
    })
    assert.equal(status, 304)
  })
})
