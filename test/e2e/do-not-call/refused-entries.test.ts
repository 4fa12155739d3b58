import assert from 'node:assert/strict'
import { describe, test } from 'node:test'

import {
  entriesOfSuite,
  ENTRIES_PATH,
  NUMBER,
  type Problem,
} from '../../support/do-not-call/entries-over-http.ts'

const BOTH_EXPIRIES = '?expires=2099-01-01T00:00:00Z&expiresAt=2099-02-01T00:00:00Z'

describe('Do-not-call entries over HTTP that are refused', () => {
  const { gateway, send, accepted, ledger, listed } = entriesOfSuite()

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

  test('without a key, and with a key that may not, nothing is taken', async () => {
    const { status, body } = await gateway().client.call<Problem>(ENTRIES_PATH, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify([{ phoneNumber: NUMBER }]),
    })
    assert.deepEqual([status, body.code], [400, 'idempotency-key-missing'])
    const wild = await send('[]', { path: '/v1/dnc-lists/%20/entries' })
    assert.equal(wild.status, 400)
  })
})
