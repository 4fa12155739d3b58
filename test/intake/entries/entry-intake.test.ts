import assert from 'node:assert/strict'
import { describe, test } from 'node:test'

import type { NewDncChunk } from '../../../src/domain/do-not-call/dnc-chunk.ts'
import {
  ENTRY_FIELDS,
  REMOVAL_FIELDS,
  type DncReason,
} from '../../../src/domain/do-not-call/dnc-entry.ts'
import {
  dncOptionsSchema,
  dncRemovalOptionsSchema,
} from '../../../src/domain/do-not-call/dnc-options.ts'
import { FileRefused } from '../../../src/intake/contract.ts'
import { runEntryIntake, type EntrySpec } from '../../../src/intake/entries/entry-intake.ts'
import { createEntrySteps } from '../../../src/intake/entries/entry-steps.ts'
import { createNormalisations } from '../../../src/intake/rows/normalisation.ts'
import { keyedDigest } from '../../../src/lib/keyed-digest.ts'

const DIGEST_KEY = Buffer.alloc(32, 9)
const NUMBER = '+14155552671'
const steps = createEntrySteps(
  {
    reasons: new Map<string, DncReason>([['optout', 'CUSTOMER_REQUEST']]),
    allowedCountries: new Set(['US', 'GB', 'DE']),
  },
  createNormalisations(),
)

const read = async (
  text: string,
  {
    format = 'csv',
    options: given = {},
    maxRows = 1_000_000,
    kind = 'add',
    granted,
  }: {
    format?: EntrySpec['format']
    options?: object
    maxRows?: number
    kind?: 'add' | 'remove'
    granted?: readonly string[]
  } = {},
) => {
  const options = (kind === 'add' ? dncOptionsSchema : dncRemovalOptionsSchema).parse(given)
  const chunks: NewDncChunk[] = []
  const judge = steps({
    ...{ kind, options, now: new Date('2026-11-28T00:00:00Z') },
    ...(granted && { granted }),
  })
  const limits = { maxBytes: 1e9, maxRows, maxRecordBytes: 1e6, digestKey: DIGEST_KEY }
  const body = (async function* () {
    for (let at = 0; at < text.length; at += 1000) yield Buffer.from(text.slice(at, at + 1000))
  })()
  const fields = kind === 'add' ? ENTRY_FIELDS : REMOVAL_FIELDS
  const spec = { ...limits, format, fileName: null, options, judge, fields }
  const result = await runEntryIntake(body, spec, async (chunk) => void chunks.push(chunk))
  return { result, chunks, entries: chunks.flatMap(({ entries }) => entries) }
}

const removal = (originalReason: string) => ({
  ...{ reason: 'UNSPECIFIED', originalReason, source: null },
  ...{ receivedAt: null, expiresAt: null, contactListIds: null },
})

const refused = (code: string) => (error: unknown) =>
  error instanceof FileRefused && error.code === code

/** Code and column of every fault of the only entry. */
const faultsOf = async (cells: Record<string, string>, options = {}) => {
  const header = Object.keys(cells).join(',')
  const { chunks } = await read(`${header}\n"${Object.values(cells).join('","')}"\n`, { options })
  const [row] = chunks[0]!.rejected
  return row === undefined
    ? []
    : [row, ...(row.more ?? [])].map(({ code, column }) => [code, column])
}

describe('The entries of a submission', () => {
  test('are brought into form, and carry the digests by which contacts are found', async () => {
    const { result, chunks, entries } = await read(
      `phoneNumber,email,reason,expiresAt,contactListIds\n+1 (415) 555-2671,,optout,2031-01-01T00:00:00+01:00,"b,a,a"\n,ANN@Bücher.example,angry,,\n`,
    )
    assert.deepEqual(result.counts, { read: 2, rejected: 0, blank: 0 })
    assert.deepEqual(
      entries.map(({ kind, subject, line }) => [kind, subject, line]),
      [
        ['phone', NUMBER, 2],
        ['email', 'ann@xn--bcher-kva.example', 3],
      ],
    )
    const [chunk] = chunks
    assert.deepEqual(chunk?.terms, [
      {
        ...{ reason: 'CUSTOMER_REQUEST', originalReason: 'optout', source: null },
        ...{ receivedAt: null, expiresAt: '2030-12-31T23:00:00.000Z', contactListIds: ['a', 'b'] },
      },
      {
        ...{ reason: 'UNSPECIFIED', originalReason: 'angry', source: null },
        ...{ receivedAt: null, expiresAt: null, contactListIds: null },
      },
    ])
    assert.deepEqual(chunk?.subjects.subarray(0, 16), keyedDigest(DIGEST_KEY, NUMBER))
  })

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

  test('have one expiry: their own, else that of the options', async () => {
    const both = { phoneNumber: NUMBER, expiresAt: '2031-01-01T00:00:00Z' }
    assert.deepEqual(await faultsOf({ ...both, expires: '2032-01-01T00:00:00Z' }), [
      ['expiry-twice', 'expires'],
    ])
    assert.deepEqual(await faultsOf({ ...both, expires: '2031-01-01T01:00:00+0100' }), [])
    const options = { expires: '2040-01-01T00:00:00Z', reason: 'REGULATORY', source: 'crm' }
    const { chunks } = await read(
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
    const { entries } = await read(
      'phoneNumber,email\n+41446681800,\n+80012345678,\n+442079460018,\n+447911123456,\n,a@example.com\n+14165550123,\n+4930123456,\n',
    )
    const quarantined = entries.map((entry) => entry.quarantined)
    assert.deepEqual(quarantined, [true, true, false, true, false, true, false])
  })

  test('come in JSON under their member, and a key that no entry has rejects its entry alone', async () => {
    const text = JSON.stringify({
      entries: [
        { phoneNumber: NUMBER, contactListIds: ['b', 'a'] },
        { email: 'a@example.com', phone: '1' },
        'none',
        { phoneNumber: { home: NUMBER } },
      ],
    })
    const { result, chunks } = await read(text, { format: 'json' })
    assert.deepEqual(result.rejections, {
      'unknown-column': 1,
      'row-not-object': 1,
      'value-not-text': 1,
    })
    assert.deepEqual(chunks[0]?.terms[0]?.contactListIds, ['a', 'b'])
    const lines = `{"email":"a@example.com"}\n\n{"phoneNumber":"${NUMBER}"}\n`
    assert.equal((await read(lines, { format: 'ndjson' })).entries.length, 2)
    const twice = `[{"phoneNumber":"${NUMBER}","phoneNumber":"+14155552672"}]`
    assert.deepEqual((await read(twice, { format: 'json' })).result.rejections, {
      'key-repeated': 1,
    })
    await assert.rejects(read('{"contacts":[]}', { format: 'json' }), refused('json-malformed'))
  })

  test('for a contact list that the tenant is not granted are rejected, for they would suppress nobody', async () => {
    const people = [NUMBER, '+14155552672', '+14155552673', '+14155552674']
    const lists = [['mine'], ['mine', 'other'], [], null]
    const text = JSON.stringify(
      people.map((phoneNumber, at) => ({ phoneNumber, contactListIds: lists[at] })),
    )
    const { result } = await read(text, { format: 'json', granted: ['mine'] })
    assert.deepEqual(result.rejections, { 'contact-list-not-granted': 1 })
    const options = { contactListIds: ['other'] }
    const all = await read(text, { format: 'json', granted: ['mine'], options })
    assert.deepEqual(all.result.rejections, { 'contact-list-not-granted': 3 })
  })

  test('name each list on its own in JSON: an id with a comma or a blank is none, and is not read as two', async () => {
    for (const id of ['a,b', 'a b', 'a;b', 'a\n']) {
      const text = JSON.stringify([{ phoneNumber: NUMBER, contactListIds: ['c', id] }])
      const { result } = await read(text, { format: 'json' })
      assert.deepEqual(result.rejections, { 'contact-lists-invalid': 1 }, id)
    }
  })

  test('have one of the three reasons however it is written, and the word is kept', async () => {
    const { chunks } = await read(
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
      const { result } = await read(text, { format: 'json' })
      assert.deepEqual(result.rejections, { 'text-invalid': 1 }, field)
    }
  })

  test('come in a CSV with a mapping, guards and the columns of a ledger, which are passed over', async () => {
    const mapping = { phone: 'phoneNumber', note: null }
    const text = `phone;note;_line;_outcome;_code;_reason;_row\n'+14155552671;x;2;rejected;a;b;c\n`
    const { result, entries } = await read(text, { options: { mapping } })
    assert.deepEqual(result.columns, ['phone', 'note'])
    assert.deepEqual(entries[0]?.cells, [NUMBER, 'x'])
  })

  test('are refused as a whole only for a header that is none, and where there is none', async () => {
    for (const [text, code, options] of [
      ['', 'dnc-no-entries'],
      ['phoneNumber\n', 'dnc-no-entries'],
      ['phoneNumber,reason\n,\n', 'dnc-no-entries'],
      ['phone\n1\n', 'dnc-columns-unknown'],
      ['phoneNumber,__proto__\n1,2\n', 'dnc-columns-unknown'],
      ['phoneNumber\n1\n', 'dnc-columns-unknown', { mapping: { other: 'email' } }],
      ['phoneNumber,tel\n1,2\n', 'header-duplicate', { mapping: { tel: 'phoneNumber' } }],
      [`${NUMBER}\n`, 'header-forbidden'],
    ] as const) {
      await assert.rejects(read(text, { options: options ?? {} }), refused(code), text)
    }
    const two = `phoneNumber\n${NUMBER}\n${NUMBER}\n`
    await assert.rejects(read(two, { maxRows: 1 }), refused('upload-too-many-rows'))
  })

  test('are rejected where it is not known which cell is what, and blank lines are counted', async () => {
    const { result, chunks } = await read(
      `phoneNumber,reason\n${NUMBER}\n${NUMBER},x,y\n,\n${NUMBER},x,\n`,
    )
    assert.deepEqual(result.counts, { read: 4, rejected: 2, blank: 1 })
    assert.deepEqual(result.rejections, { 'row-ragged': 2 })
    assert.equal(chunks[0]?.entries.length, 1)
  })

  test('go on in chunks of five thousand, so that memory does not grow with them', async () => {
    const lines = Array.from({ length: 12_000 }, (_, at) => `+1415555${2000 + (at % 1000)},r${at}`)
    const { chunks, result } = await read(`phoneNumber,reason\n${lines.join('\n')}\n`)
    assert.deepEqual(
      chunks.map(({ seq, entries }) => [seq, entries.length]),
      [
        [0, 5000],
        [1, 5000],
        [2, 2000],
      ],
    )
    assert.equal(result.chunks, 3)
    assert.equal(chunks[1]?.firstLine, 5002)
  })
})

describe('Removals of do-not-call entries', () => {
  test('say why in words of any kind, and are of every country', async () => {
    const words = `Asked by mail to be called again ${'x'.repeat(60)}`
    const { entries, chunks } = await read(
      `phoneNumber,reason\n${NUMBER},${words}\n+80012345678,REGULATORY\n`,
      { kind: 'remove' },
    )
    assert.deepEqual(
      entries.map(({ quarantined, terms }) => [quarantined, chunks[0]?.terms[terms]]),
      [
        [false, removal(words)],
        [false, removal('REGULATORY')],
      ],
    )
    const { result } = await read(`phoneNumber,reason\n${NUMBER},${'x'.repeat(257)}\n`, {
      kind: 'remove',
    })
    assert.deepEqual(result.rejections, { 'cell-too-long': 1 })
  })

  test('have no end of their own: an expiry is a column, an option and a member that they do not have', async () => {
    const file = `phoneNumber,expiresAt\n${NUMBER},2030-01-01T00:00:00Z\n`
    await assert.rejects(read(file, { kind: 'remove' }), refused('dnc-columns-unknown'))
    assert.equal(
      dncRemovalOptionsSchema.safeParse({ expiresAt: '2030-01-01T00:00:00Z' }).success,
      false,
    )
    const { result } = await read(JSON.stringify([{ phoneNumber: NUMBER, expires: 'x' }]), {
      ...{ kind: 'remove', format: 'json' },
    })
    assert.equal(result.counts.rejected, 1)
    const mapped = await read(file, {
      ...{ kind: 'remove', options: { mapping: { expiresAt: null } } },
    })
    assert.equal(mapped.entries.length, 1)
  })
})
