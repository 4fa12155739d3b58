import assert from 'node:assert/strict'
import { test } from 'node:test'

import { parse } from 'csv-parse/sync'
import fc from 'fast-check'

import { CSV_LINE_BREAK, csvRecord } from '../../src/workflows/delivery/files/contact-csv.ts'

const awkward = fc.constantFrom(
  '',
  ' ',
  '"',
  '""',
  ',',
  '\r',
  '\n',
  '\r\n',
  '\ufeff',
  'é',
  '\t',
  "'",
)
const cell = fc.oneof(
  fc.array(fc.oneof(awkward, fc.string({ maxLength: 4 })), { maxLength: 5 }).map((p) => p.join('')),
  awkward,
)
const table = fc.integer({ min: 1, max: 6 }).chain((width) =>
  fc.array(fc.array(cell, { minLength: width, maxLength: width }), {
    minLength: 1,
    maxLength: 8,
  }),
)

test('whatever the cells hold, a reader of RFC 4180 gets them back, blank records included', () => {
  fc.assert(
    fc.property(table, (rows) => {
      const text = rows.map(csvRecord).join(CSV_LINE_BREAK)
      // Settings of a lenient reader. It trims, skips blank lines, and does not read a byte order
      // mark as content.
      const lenient = { trim: true, skip_empty_lines: true, bom: true }
      assert.deepEqual(parse(text, lenient), rows)
      assert.deepEqual(parse(text, { record_delimiter: '\r\n' }), rows)
    }),
    { numRuns: 500 },
  )
})

test('plain cells are not quoted, and no line break ends the file', () => {
  assert.equal(csvRecord(['C-1', '+14155550100', '', 'Ann Lee']), 'C-1,+14155550100,,Ann Lee')
  assert.equal(csvRecord(['a"b', 'c,d']), '"a""b","c,d"')
  assert.equal(csvRecord(['']), '""')
})
