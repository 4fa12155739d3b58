import assert from 'node:assert/strict'
import { test } from 'node:test'

import fc from 'fast-check'

import { CsvFault, csvRecords } from '../../../src/sandbox/state/csv-records.ts'

const record = fc.array(
  fc.string({ unit: fc.constantFrom('a', 'ü', '"', ',', '\r', '\n', ' ', '') }),
  { minLength: 1, maxLength: 4 },
)
const quoted = (cell: string): string => `"${cell.replaceAll('"', '""')}"`
const bare = (cell: string): string => (/[",\r\n]/.test(cell) ? quoted(cell) : cell)

test('what is written as RFC 4180 has it is read back, with either line end and quotes everywhere or where needed', () => {
  fc.assert(
    fc.property(
      fc.array(record, { minLength: 1 }),
      fc.constantFrom('\n', '\r\n'),
      fc.constantFrom(quoted, bare),
      fc.boolean(),
      (records, end, write, closed) => {
        const text = records.map((cells) => cells.map(write).join(',')).join(end)
        const blank = text === '' || text.endsWith('\n')
        const bytes = Buffer.from(closed || blank ? text + end : text)
        assert.deepEqual(csvRecords(bytes), records)
      },
    ),
  )
})

test('what is not CSV in UTF-8 is a fault', () => {
  for (const text of ['a,"b', 'a"b', '"a"b', 'a\rb', '"a"\rb']) {
    assert.throws(() => csvRecords(Buffer.from(text)), CsvFault, text)
  }
  assert.throws(() => csvRecords(Buffer.from([0x61, 0xff])), CsvFault)
  assert.deepEqual(csvRecords(Buffer.from('')), [])
  assert.deepEqual(csvRecords(Buffer.from('a\n\n')), [['a'], ['']])
})
