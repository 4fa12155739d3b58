import assert from 'node:assert/strict'
import { describe, test } from 'node:test'

import { faultsOf, NUMBER, readEntries } from '../../support/do-not-call/read-entries.ts'

describe('The entries of a submission, each by itself', () => {
  test('tell all that is wrong with them at once', async () => {
    const cells = {
      phoneNumber: '4155552671',
      expires: '2020-01-01T00:00:00Z',
      receivedAt: '2026-02-31T00:00:00Z',
      source: 'x'.repeat(65),
      region: 'UK',
      contactListIds: 'a/b',
    }
    assert.deepEqual(await faultsOf(cells), [
      ['cell-too-long', 'source'],
      ['date-invalid', 'receivedAt'],
      ['expiry-past', 'expires'],
      ['region-unknown', 'region'],
      ['contact-lists-invalid', 'contactListIds'],
      ['phone-invalid', 'phoneNumber'],
    ])
  })

  test('need a region for a national number, and only for that', async () => {
    assert.deepEqual(await faultsOf({ phoneNumber: '(415) 555-2671' }), [
      ['phone-region-missing', 'phoneNumber'],
    ])
    assert.deepEqual(await faultsOf({ phoneNumber: '(415) 555-2671' }, { region: 'US' }), [])
    assert.deepEqual(await faultsOf({ phoneNumber: 'tel:+14155552671' }), [])
    assert.deepEqual(await faultsOf({ phoneNumber: '415 555 2671 ext 3' }), [
      ['phone-region-missing', 'phoneNumber'],
    ])
  })

  test('name one person each, in text', async () => {
    assert.deepEqual(await faultsOf({ phoneNumber: NUMBER, email: 'a@example.com' }), [
      ['entry-subject-both', null],
    ])
    assert.deepEqual(await faultsOf({ phoneNumber: ' ', reason: 'x' }), [
      ['entry-subject-missing', null],
    ])
    assert.deepEqual(await faultsOf({ phoneNumber: `${NUMBER}\0` }), [
      ['text-invalid', 'phoneNumber'],
    ])
    assert.deepEqual(await faultsOf({ email: 'a\0@example.com' }), [['text-invalid', 'email']])
    assert.deepEqual(await faultsOf({ email: 'ann at example' }), [['email-invalid', 'email']])
  })

  test('are judged by their own cells, though those of another look the same one after the other', async () => {
    const { result } = await readEntries(
      `phoneNumber,reason,source\n${NUMBER},a,\n+14155552672,"a\u{0}2crm",\n+14155552673,a,crm\n`,
    )
    assert.deepEqual(result.counts, { read: 3, rejected: 1, blank: 0 })
  })

  test('have one expiry: their own, else that of the options', async () => {
    const both = { phoneNumber: NUMBER, expiresAt: '2031-01-01T00:00:00Z' }
    assert.deepEqual(await faultsOf({ ...both, expires: '2032-01-01T00:00:00Z' }), [
      ['expiry-twice', 'expires'],
    ])
    assert.deepEqual(await faultsOf({ ...both, expires: '2031-01-01T01:00:00+0100' }), [])
    const options = { expires: '2040-01-01T00:00:00Z', reason: 'REGULATORY', source: 'crm' }
    const { chunks } = await readEntries(
      `phoneNumber,expires\n${NUMBER},\n+14155552672,2031-01-01T00:00:00Z\n`,
      { options },
    )
    assert.deepEqual(
      chunks[0]?.terms.map(({ expiresAt, reason, source }) => [expiresAt, reason, source]),
      [
        ['2040-01-01T00:00:00.000Z', 'REGULATORY', 'crm'],
        ['2031-01-01T00:00:00.000Z', 'REGULATORY', 'crm'],
      ],
    )
  })

  test('outside the allowed countries, and of none, are quarantined; emails never are', async () => {
    const { entries } = await readEntries(
      'phoneNumber,email\n+41446681800,\n+80012345678,\n+442079460018,\n+447911123456,\n,a@example.com\n+14165550123,\n+4930123456,\n',
    )
    const quarantined = entries.map((entry) => entry.quarantined)
    assert.deepEqual(quarantined, [true, true, false, true, false, true, false])
  })

  test('for a contact list that the tenant is not granted are rejected, for they would suppress nobody', async () => {
    const people = [NUMBER, '+14155552672', '+14155552673', '+14155552674']
    const lists = [['mine'], ['mine', 'other'], [], null]
    const text = JSON.stringify(
      people.map((phoneNumber, at) => ({ phoneNumber, contactListIds: lists[at] })),
    )
    const { result } = await readEntries(text, { format: 'json', granted: ['mine'] })
    assert.deepEqual(result.rejections, { 'contact-list-not-granted': 1 })
    const options = { contactListIds: ['other'] }
    const all = await readEntries(text, { format: 'json', granted: ['mine'], options })
    assert.deepEqual(all.result.rejections, { 'contact-list-not-granted': 3 })
  })

  test('name each list on its own in JSON: an id with a comma or a blank is none, and is not read as two', async () => {
    for (const id of ['a,b', 'a b', 'a;b', 'a\n']) {
      const text = JSON.stringify([{ phoneNumber: NUMBER, contactListIds: ['c', id] }])
      const { result } = await readEntries(text, { format: 'json' })
      assert.deepEqual(result.rejections, { 'contact-lists-invalid': 1 }, id)
    }
  })

  test('have one of the three reasons however it is written, and the word is kept', async () => {
    const { chunks } = await readEntries(
      `phoneNumber,reason\n${NUMBER},regulatory\n+14155552672,Customer_Request\n+14155552673,REGULATORY\n`,
    )
    assert.deepEqual(
      chunks[0]?.terms.map(({ reason, originalReason }) => [reason, originalReason]),
      [
        ['REGULATORY', 'regulatory'],
        ['CUSTOMER_REQUEST', 'Customer_Request'],
        ['REGULATORY', null],
      ],
    )
  })

  test('have words without NUL and without halves of letters', async () => {
    for (const [field, word] of [
      ['reason', 'a\0b'],
      ['originalReason', '\0'],
      ['source', 'a\ud800'],
    ] as const) {
      const text = JSON.stringify([{ phoneNumber: NUMBER, [field]: word }])
      const { result } = await readEntries(text, { format: 'json' })
      assert.deepEqual(result.rejections, { 'text-invalid': 1 }, field)
    }
  })
})
