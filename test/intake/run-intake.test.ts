import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { describe, it } from 'node:test'

import { brokenSums } from '../../src/domain/uploads/upload.ts'
import { hasBit } from '../../src/lib/bitmap.ts'
import { keyedDigest } from '../../src/lib/keyed-digest.ts'
import { accepted, bodyOf, column, COLUMNS, KEY, rejected, take } from './taken.ts'

const HEADER = 'contactId,name,phone,email\n'
const LEFT_OUT = { by: null, confidence: null }
const GOOD = 'c1,Ann,415-555-2671,ann@EXAMPLE.com\n'

describe('the rows of a file', () => {
  it('are normalised, and their file is accounted for', async () => {
    const body = `\u{feff}${HEADER}${GOOD}`
    const taken = await take(body)
    assert.deepEqual(accepted(taken), [
      { line: 2, id: 'c1', cells: ['c1', 'Ann', '+14155552671', 'ann@example.com'] },
    ])
    const { source, counts } = taken.result
    assert.equal(source.sha256, createHash('sha256').update(body).digest('hex'))
    assert.equal(source.bytes, Buffer.byteLength(body))
    assert.equal(source.delimiter, ',')
    assert.deepEqual(brokenSums(counts, false), [])
    const chunk = taken.chunks[0]!
    assert.deepEqual(chunk.idDigests, keyedDigest(KEY, 'c1'))
    assert.deepEqual(
      chunk.subjectDigests,
      Buffer.concat(
        ['+14155552671', 'ann@example.com'].map((subject) => keyedDigest(KEY, subject)),
      ),
    )
  })

  it('are found with each delimiter, LF, CRLF or CR, and quoted cells that hold anything', async () => {
    for (const delimiter of [',', ';', '\t', '|']) {
      for (const newline of ['\n', '\r\n', '\r']) {
        const lines = [
          ['contactId', 'name', 'phone'],
          ['c1', `"a${delimiter}""b""\r\n\rc"`, '4155552671'],
          ['c2', '""', '4155552672'],
        ]
        const taken = await take(lines.map((cells) => cells.join(delimiter)).join(newline))
        assert.equal(taken.result.source.delimiter, delimiter)
        const rows = accepted(taken)
        assert.deepEqual(
          rows.map((row) => row.line),
          [2, 5],
        )
        assert.equal(rows[0]?.cells[1], `a${delimiter}"b"\r\n\rc`)
        assert.equal(rows[1]?.cells[1], '')
      }
    }
  })

  it('are rejected one by one, each with its line, code, column and raw cells', async () => {
    const lines: [string, string | null, string | null][] = [
      ['c1,Ann,+1 004 555 0100,', 'phone-invalid', 'phone'],
      ['c1,Ann,911,', 'phone-short-or-emergency', 'phone'],
      ['c1,Ann,4155552671 x9,', 'phone-extension', 'phone'],
      ['c1,Ann,,ann@nowhere', 'email-invalid', 'email'],
      ['c1,Ann,,', 'no-phone-no-email', null],
      [',Ann,4155552671,', 'contact-id-missing', 'contactId'],
      ['c 1,Ann,4155552671,', 'contact-id-invalid', 'contactId'],
      ['14155552671,Ann,4155552671,', 'contact-id-is-phone', 'contactId'],
      ['4155552671,Ann,(415) 555-2671,', 'contact-id-is-phone', 'contactId'],
      ['4155552671,Ann,+14155552671,', 'contact-id-is-phone', 'contactId'],
      ['415-555-2671,Ann,+14155552671,', 'contact-id-is-phone', 'contactId'],
      ['c1,Ann,4155552671', 'row-ragged', null],
      ['c1,Ann,4155552671,,', 'row-ragged', null],
      ['c1,Ann,310-7549,', 'phone-local-only', 'phone'],
      ['c1,A"nn,4155552671,', 'quote-misplaced', null],
      ['c1,"A"nn,4155552671,', 'quote-misplaced', null],
      ['c1,A\0nn,4155552671,', 'text-invalid', 'name'],
      ['c9,Ann,4155552671,', null, null],
    ]
    const taken = await take(HEADER + lines.map(([line]) => line).join('\n'))
    const wanted = lines.flatMap(([, code, at], index) =>
      code === null ? [] : [{ line: index + 2, code, column: at }],
    )
    const found = rejected(taken).map(({ line, code, column: at }) => ({ line, code, column: at }))
    assert.deepEqual(found, wanted)
    assert.deepEqual(rejected(taken)[0]?.cells, ['c1', 'Ann', '+1 004 555 0100', ''])
    assert.equal(taken.result.counts.accepted, 1)
    assert.equal(taken.result.rejections['row-ragged'], 2)
    assert.deepEqual(brokenSums(taken.result.counts, false), [])
  })

  it('obey required columns, dates, cell lengths and the place of an extension', async () => {
    const columns = [...COLUMNS, column('due', 'date', true), column('phone_ext')]
    const limits = { batchRows: 10, batchBytes: 1e6, columns: 50, headerChars: 128, cellChars: 20 }
    const header = 'contactId,name,phone,due\n'
    const taken = await take(
      `${header}c1,a,4155552671,\nc2,a,4155552671,2026-02-30\nc3,${'x'.repeat(21)},4155552671,2026-02-28\n` +
        'c4,a,4155552671 ext 7,2024-02-29T10:00:00Z\n',
      { columns, limits },
    )
    assert.deepEqual(
      rejected(taken).map((row) => row.code),
      ['required-empty', 'date-invalid', 'cell-too-long'],
    )
    assert.deepEqual(accepted(taken)[0]?.cells, [
      'c4',
      'a',
      '+14155552671',
      '',
      '2024-02-29T10:00:00Z',
      '7',
    ])
  })

  it('of one contact leave the last valid one, over chunk borders too', async () => {
    const rows = ['c1', 'c2', 'c1', 'c3', 'c2'].map((id, index) => `${id},n${index},4155552671,`)
    const limits = {
      batchRows: 2,
      batchBytes: 1e6,
      columns: null,
      headerChars: null,
      cellChars: null,
    }
    const taken = await take(`${HEADER}${rows.join('\n')}\n\nc3,bad,1,\n`, { limits })
    const { counts, leftOut, batchesTotal, chunks } = taken.result
    assert.equal(counts.duplicates, 2)
    assert.equal(counts.accepted, 3)
    assert.equal(counts.blank, 1)
    assert.equal(counts.rejected, 1)
    assert.deepEqual(brokenSums(counts, false), [])
    assert.equal(chunks, 3)
    assert.equal(batchesTotal, 2)
    assert.ok(hasBit(leftOut.get(0)!, 0) && hasBit(leftOut.get(0)!, 1))
    assert.equal(leftOut.has(1), false)
    assert.deepEqual(taken.result.replacedBy, new Map([[0, Uint32Array.of(4, 6)]]))
  })

  it('come alike from NDJSON, an array and {"contacts":[…]}', async () => {
    const objects = [
      { contactId: 'c1', name: 'Ann "{[,', phone: '4155552671', email: null },
      { contactId: 'c2', name: true, phone: 4155552672 },
      { contactId: 'c3', phone: { home: '4155552671' } },
      { contactId: 'c4', phone: '4155552671', fone: '1' },
      { contactId: 'c5', name: '\ud800', phone: '4155552671' },
      { contactId: 2 ** 60, phone: '4155552671' },
      ['c6'],
    ]
    const texts = [
      ...objects.map((value) => JSON.stringify(value)),
      '{"contactId":"c8","phone":"4155552671","phone":"4155552672"}',
    ]
    const forms: ['ndjson' | 'json', string][] = [
      ['ndjson', texts.join('\n\n')],
      ['json', ` [${texts.join(' , ')}] \n`],
      ['json', `{ "contacts" : [${texts.join(',')}] }`],
    ]
    for (const [format, body] of forms) {
      const taken = await take(body, { format })
      assert.deepEqual(
        accepted(taken).map((row) => [row.line, ...row.cells]),
        [
          [1, 'c1', 'Ann "{[,', '+14155552671', ''],
          [2, 'c2', 'true', '+14155552672', ''],
        ],
      )
      assert.deepEqual(
        rejected(taken).map((row) => [row.line, row.code, row.column]),
        [
          [3, 'value-not-text', 'phone'],
          [4, 'unknown-column', 'fone'],
          [5, 'text-invalid', 'name'],
          [6, 'value-not-text', 'contactId'],
          [7, 'row-not-object', null],
          [8, 'key-repeated', 'phone'],
        ],
      )
    }
  })
})

describe('the columns of a file', () => {
  it('go where the mapping says, the id column never being drift', async () => {
    const taken = await take('key,Fon,junk\nc1,4155552671,x\n', {
      options: { contactIdColumn: 'key', mapping: { Fon: 'phone', junk: null } },
      columns: [column('phone', 'phone')],
    })
    assert.deepEqual(taken.result.columns, [
      { name: 'key', kind: 'contactId', mappedTo: null, ...LEFT_OUT, reaches: null },
      { name: 'Fon', kind: 'phone', mappedTo: 'phone', by: 'mapping', confidence: null },
      { name: 'junk', kind: 'text', mappedTo: null, ...LEFT_OUT },
    ])
    assert.deepEqual(accepted(taken), [{ line: 2, id: 'c1', cells: ['+14155552671'] }])
  })

  it('that the list lacks are left out on request', async () => {
    const taken = await take('contactId,phone,note\nc1,4155552671,x\n', {
      options: { schemaDrift: 'drop' },
    })
    assert.deepEqual(accepted(taken)[0]?.cells, ['c1', '', '+14155552671', ''])
  })

  it('that hold phones are counted as far as they were taken, on either way through the rows', async () => {
    const rows = ['c1,4155552671', 'c2,+14155552672', 'c3,12', 'c4,']
    for (const more of [[], ['c5,"415-555-2675"']]) {
      const body = ['contactId,phone', ...rows, ...more, ''].join('\n')
      const { result } = await take(body, { columns: [column('phone', 'phone')] })
      assert.equal(result.phones.normalized, 2 + more.length)
    }
  })

  it('are phones by declaration, else by option, else by name', async () => {
    const kinds = async (columns: ReturnType<typeof column>[], options = {}) => {
      const names = columns.map((one) => one.name)
      const body = `contactId,${names.join(',')}\nc1,${names.map(() => '').join(',')}x\n`
      const { result } = await take(body, { columns, options })
      return result.columns.slice(1).map((one) => one.kind)
    }
    assert.deepEqual(await kinds([column('a', 'phone'), column('mobile')]), ['phone', 'text'])
    const both = [column('a'), column('Mobile_Phone2'), column('E_MAIL')]
    assert.deepEqual(await kinds(both), ['text', 'phone', 'email'])
    assert.deepEqual(await kinds(both, { phoneColumns: ['a'] }), ['phone', 'text', 'email'])
  })
})

describe('a body', () => {
  it('broken off throws what the stream throws, and backpressure holds the reader', async () => {
    const broken = async function* (): AsyncGenerator<Uint8Array> {
      yield Buffer.from(HEADER + GOOD)
      throw new Error('aborted')
    }
    await assert.rejects(take(broken()), /aborted/)
    const limits = {
      batchRows: 1,
      batchBytes: 1e6,
      columns: null,
      headerChars: null,
      cellChars: null,
    }
    const taken = await take(bodyOf(HEADER + GOOD + GOOD.replace('c1', 'c2')), { limits })
    assert.deepEqual(
      taken.chunks.map((chunk) => chunk.seq),
      [0, 1],
    )
  })
})
