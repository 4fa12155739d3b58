import assert from 'node:assert/strict'
import { describe, test } from 'node:test'

import { keyedDigest } from '../../../src/lib/keyed-digest.ts'
import { DIGEST_KEY, NUMBER, readEntries, refused } from '../../support/do-not-call/read-entries.ts'

describe('The entries of a submission', () => {
  test('are brought into form, and carry the digests by which contacts are found', async () => {
    const { result, chunks, entries } = await readEntries(
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

  test('come in JSON under their member, and a key that no entry has rejects its entry alone', async () => {
    const text = JSON.stringify({
      entries: [
        { phoneNumber: NUMBER, contactListIds: ['b', 'a'] },
        { email: 'a@example.com', phone: '1' },
        'none',
        { phoneNumber: { home: NUMBER } },
      ],
    })
    const { result, chunks } = await readEntries(text, { format: 'json' })
    assert.deepEqual(result.rejections, {
      'unknown-column': 1,
      'row-not-object': 1,
      'value-not-text': 1,
    })
    assert.deepEqual(chunks[0]?.terms[0]?.contactListIds, ['a', 'b'])
    const lines = `{"email":"a@example.com"}\n\n{"phoneNumber":"${NUMBER}"}\n`
    assert.equal((await readEntries(lines, { format: 'ndjson' })).entries.length, 2)
    const twice = `[{"phoneNumber":"${NUMBER}","phoneNumber":"+14155552672"}]`
    assert.deepEqual((await readEntries(twice, { format: 'json' })).result.rejections, {
      'key-repeated': 1,
    })
    await assert.rejects(
      readEntries('{"contacts":[]}', { format: 'json' }),
      refused('json-malformed'),
    )
  })

  test('come in a CSV with a mapping, guards and the columns of a ledger, which are passed over', async () => {
    const mapping = { phone: 'phoneNumber', note: null }
    const text = `phone;note;_line;_outcome;_code;_reason;_row\n'+14155552671;x;2;rejected;a;b;c\n`
    const { result, entries } = await readEntries(text, { options: { mapping } })
    assert.deepEqual(result.columns, ['phone', 'note'])
    assert.deepEqual(entries[0]?.cells, [NUMBER, 'x'])
  })

  // The lines were part of the cell, and nothing said that their people are still called.
  test('are counted in the notes if a quote that is closed too late hides them in a cell', async () => {
    const text = 'phoneNumber,reason\n+14155552671,"optout\n+14155552672,x"\n+14155552673,x\n'
    const { result } = await readEntries(text)
    assert.equal(result.counts.read, 2)
    assert.match(result.notes.join('\n'), /^[^\n]* resemble entries: 1 \(line 2\)\./u)
    // The file may also be a removal, whose people stay suppressed.
    assert.match(result.notes[0]!, /The gateway did not read these lines as entries\./u)
    const options = { mapping: { city: null } }
    const other = 'phoneNumber,city\n+14155552671,"x\n+14155552672,y"\n'
    assert.equal((await readEntries(other, { options })).result.notes.length, 1)
    assert.deepEqual(
      (await readEntries('phoneNumber,reason\n+14155552671,"a\nb"\n')).result.notes,
      [],
    )
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
      await assert.rejects(readEntries(text, { options: options ?? {} }), refused(code), text)
    }
    const two = `phoneNumber\n${NUMBER}\n${NUMBER}\n`
    await assert.rejects(readEntries(two, { maxRows: 1 }), refused('upload-too-many-rows'))
  })

  test('are rejected where it is not known which cell is what, and blank lines are counted', async () => {
    const { result, chunks } = await readEntries(
      `phoneNumber,reason\n${NUMBER}\n${NUMBER},x,y\n,\n${NUMBER},x,\n`,
    )
    assert.deepEqual(result.counts, { read: 4, rejected: 2, blank: 1 })
    assert.deepEqual(result.rejections, { 'row-ragged': 2 })
    assert.equal(chunks[0]?.entries.length, 1)
  })

  test('go on in chunks of ten full requests, so that memory does not grow with them', async () => {
    const lines = Array.from({ length: 12_000 }, (_, at) => `+1415555${2000 + (at % 1000)},r${at}`)
    const { chunks, result } = await readEntries(`phoneNumber,reason\n${lines.join('\n')}\n`)
    assert.deepEqual(
      chunks.map(({ seq, entries }) => [seq, entries.length]),
      [
        [0, 4990],
        [1, 4990],
        [2, 2020],
      ],
    )
    assert.equal(result.chunks, 3)
    assert.equal(chunks[1]?.firstLine, 4992)
  })
})
