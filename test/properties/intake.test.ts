import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import fc from 'fast-check'

import { brokenSums } from '../../src/domain/uploads/upload.ts'
import { createUtf8Decoder, textOf } from '../../src/intake/bytes/utf8.ts'
import { guardCell, unguardCell } from '../../src/intake/formats/cell-guard.ts'
import { createCsvReader, rawRowOf } from '../../src/intake/formats/csv-reader.ts'
import { createJsonReader, createNdjsonReader } from '../../src/intake/formats/json-reader.ts'
import type { RawRow, RowReader, RowSink } from '../../src/intake/formats/raw-row.ts'
import { readCsvPlainly } from '../intake/formats/csv-grammar.ts'
import { ledgerOf } from '../intake/ledger.ts'
import { bodyOf, take } from '../intake/taken.ts'

type Make = (sink: RowSink) => RowReader<Buffer>
const overBytes = (reader: RowReader<string>): RowReader<Buffer> => ({
  ...reader,
  push: (bytes) => reader.push(textOf(bytes)),
})
const readers = {
  csv: ({ header, row }) =>
    createCsvReader({
      delimiter: undefined,
      hasHeader: true,
      maxRecordBytes: 2 ** 20,
      sink: { header, noHeader: () => undefined, record: (record) => row(rawRowOf(record)) },
    }),
  ndjson: (sink) => overBytes(createNdjsonReader({ maxRecordBytes: 2 ** 20, sink })),
  json: (sink) => overBytes(createJsonReader({ maxRecordBytes: 2 ** 20, sink })),
} satisfies Record<string, Make>

const readAll = (make: Make, bytes: Buffer, cuts: readonly number[]) => {
  const seen: { header: string[]; rows: RawRow[]; error: string | null } = {
    header: [],
    rows: [],
    error: null,
  }
  const reader = make({
    header: (names) => void seen.header.push(...names),
    row: (row) => void seen.rows.push({ ...row, suspect: false }),
  })
  const utf8 = createUtf8Decoder()
  try {
    let from = 0
    for (const cut of [...cuts, bytes.length].toSorted((a, b) => a - b)) {
      reader.push(utf8.push(bytes.subarray(from, Math.max(from, cut))))
      from = Math.max(from, cut)
    }
    reader.push(utf8.end())
    reader.end()
  } catch (error) {
    seen.error = (error as Error).message
  }
  return seen
}

const alphabet = fc.constantFrom(
  'a',
  'é',
  '€',
  '😀',
  ',',
  ';',
  '"',
  '\n',
  '\r',
  '\r\n',
  '\t',
  '|',
  ' ',
  '',
  '"",',
)
const soup = fc.array(alphabet, { maxLength: 60 }).map((parts) => parts.join(''))
const cuts = fc.array(fc.nat(200), { maxLength: 12 })
const cell = fc
  .array(fc.constantFrom('a', 'ß', '😀', ',', '"', '\n', '\r', ' ', ';', '-', '=', "'", '+1'), {
    maxLength: 6,
  })
  .map((parts) => parts.join(''))

describe('whatever the bytes', () => {
  it('cuts anywhere give the same CSV rows, or the same refusal', () => {
    fc.assert(
      fc.property(soup, cuts, (text, places) => {
        const bytes = Buffer.from(text)
        assert.deepEqual(readAll(readers.csv, bytes, places), readAll(readers.csv, bytes, []))
      }),
      { numRuns: 4000 },
    )
  })

  it('the CSV reader gives what the grammar gives letter by letter', () => {
    fc.assert(
      fc.property(soup, cuts, fc.constantFrom(',', ';', '|'), (text, places, delimiter) => {
        const header = `h${delimiter}h\n`
        const wanted = readCsvPlainly(header + text, delimiter)
        const seen = readAll(readers.csv, Buffer.from(header + text), places)
        if (wanted === null) assert.match(seen.error ?? '', /never closed/)
        else {
          assert.deepEqual(
            seen.rows.map(({ line, cells, faults }) => ({
              line,
              cells,
              misplaced: faults.length > 0,
            })),
            wanted.slice(1),
          )
        }
      }),
      { numRuns: 6000 },
    )
  })

  it('cuts anywhere give the same JSON elements', () => {
    const value = fc.dictionary(
      fc.constantFrom('a', 'b', '"c', '__proto__'),
      fc.jsonValue({ maxDepth: 2 }),
    )
    fc.assert(
      fc.property(
        fc.array(value, { minLength: 1, maxLength: 5 }),
        cuts,
        fc.boolean(),
        (values, places, wrap) => {
          const list = JSON.stringify(values)
          const body = Buffer.from(wrap ? `{"contacts": ${list}}` : list)
          const whole = readAll(readers.json, body, [])
          assert.equal(whole.error, null)
          assert.equal(whole.rows.length, values.length)
          assert.deepEqual(readAll(readers.json, body, places), whole)
          const lines = Buffer.from(values.map((one) => JSON.stringify(one)).join('\n'))
          assert.deepEqual(readAll(readers.ndjson, lines, places).rows, whole.rows)
        },
      ),
      { numRuns: 1500 },
    )
  })

  it('a table written as CSV is read back as it was', () => {
    const table = fc.array(fc.tuple(cell, cell, cell), { minLength: 1, maxLength: 8 })
    fc.assert(
      fc.property(table, fc.constantFrom('\n', '\r\n'), cuts, (rows, newline, places) => {
        const written = [['h1', 'h2', 'h3'], ...rows].map((row) =>
          row.map((one) => `"${one.replaceAll('"', '""')}"`).join(','),
        )
        const seen = readAll(readers.csv, Buffer.from(written.join(newline)), places)
        assert.equal(seen.error, null)
        assert.deepEqual(
          seen.rows.map((row) => row.cells),
          rows,
        )
        assert.ok(seen.rows.every((row) => row.faults.length === 0))
      }),
      { numRuns: 2000 },
    )
  })

  it('a guarded cell is not a formula and comes back unchanged', () => {
    fc.assert(
      fc.property(fc.oneof(cell, fc.string()), (text) => {
        const guarded = guardCell(text)
        assert.equal(unguardCell(guarded), text)
        assert.ok(!/^[=@\t\r-]/.test(guarded))
        assert.ok(!guarded.startsWith('+') || /^\+\d{1,15}$/.test(guarded))
      }),
      { numRuns: 4000 },
    )
  })

  it('the sums hold, and a ledger sent back gives the same rejections', async () => {
    const row = fc.tuple(
      fc.constantFrom('c1', 'c2', 'c3', '', 'c 4'),
      cell,
      fc.constantFrom('4155552671', '911', 'x', '', '+14155552672'),
    )
    await fc.assert(
      fc.asyncProperty(
        fc.array(row, { minLength: 1, maxLength: 12 }),
        cuts,
        async (rows, places) => {
          const body = `contactId,name,phone\n${rows.map((one) => one.map((text) => `"${text.replaceAll('"', '""')}"`).join(',')).join('\n')}`
          if (rows.every((one) => one.every((text) => text.trim() === ''))) return
          const first = await take(bodyOf(body, places))
          assert.deepEqual(brokenSums(first.result.counts, false), [])
          const refused = first.chunks.flatMap((chunk) => chunk.rejected)
          if (refused.length === 0) return
          const second = await take(ledgerOf(first))
          const plain = (list: typeof refused) =>
            list.map(({ code, column, cells }) => ({ code, column, cells }))
          assert.deepEqual(plain(second.chunks.flatMap((chunk) => chunk.rejected)), plain(refused))
        },
      ),
      { numRuns: 300 },
    )
  })
})
