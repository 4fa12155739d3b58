import fc from 'fast-check'

import type { ApiOperation } from './api-document.ts'

export type MadeFile = { name: string; type: string; bytes: string }

const FILES: readonly MadeFile[] = [
  { name: 'a.txt', type: 'text/plain', bytes: 'aGVsbG8K' },
  {
    name: 'a.png',
    type: 'image/png',
    bytes:
      'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  },
  {
    name: 'a.gif',
    type: 'image/gif',
    bytes: 'R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7',
  },
  { name: 'a.pdf', type: 'application/pdf', bytes: 'JVBERi0xLjQKJSVFT0YK' },
  { name: 'a.zip', type: 'application/zip', bytes: 'UEsFBgAAAAAAAAAAAAAAAAAAAAAAAA==' },
  { name: 'a.exe', type: 'application/octet-stream', bytes: 'TVqQAAMAAAAEAAAA' },
  { name: '', type: 'text/plain', bytes: '' },
  { name: '../../x\u202Etxt.exe', type: 'image/png', bytes: 'AAAA' },
  { name: 'ж'.repeat(200), type: 'text/plain', bytes: 'aGVsbG8K' },
]

export const base64 = (text: string): string => Buffer.from(text).toString('base64')

const cell = fc.oneof(
  fc.constantFrom(
    'C-1001',
    'Anna',
    '+14155552671',
    '12',
    'anna@example.com',
    '',
    '"',
    '""',
    'a"b',
    '=1+1',
    '\0',
    '\u202E',
    '+442079460018',
    'x'.repeat(600),
    'REGULATORY',
    '2032-01-01T00:00:00Z',
  ),
  fc.string({ unit: 'grapheme', maxLength: 8 }),
)

/** A file of records, as people save files and as they damage them. */
const csvText = fc
  .record({
    columns: fc.constantFrom(
      ['customerId', 'firstName', 'lastName', 'phoneNumber', 'email', 'city'],
      ['phoneNumber', 'reason', 'expiresAt'],
      ['email'],
      ['customerId', 'phoneNumber', 'email', 'unknown'],
      ['a', 'a'],
      [''],
    ),
    rows: fc.array(fc.array(cell, { maxLength: 7 }), { maxLength: 5 }),
    delimiter: fc.constantFrom(',', ',', ';', '\t', '|'),
    end: fc.constantFrom('\n', '\r\n', '\r'),
    tail: fc.constantFrom('', '\n', '\r\n', '"', '\0', '\u001A', '\n\n\n'),
  })
  .map(
    ({ columns, rows, delimiter, end, tail }) =>
      [columns, ...rows].map((row) => row.join(delimiter)).join(end) + tail,
  )

const row = fc.dictionary(
  fc.constantFrom(
    'customerId',
    'phoneNumber',
    'email',
    'firstName',
    'reason',
    'unknown',
    '__proto__',
    'region',
  ),
  fc.oneof(
    cell,
    fc.integer(),
    fc.constant(null),
    fc.constant([]),
    fc.constant({ a: 1 }),
    fc.boolean(),
  ),
  { maxKeys: 5, noNullPrototype: true },
)

const ndjsonText = fc
  .tuple(
    fc.array(fc.oneof({ weight: 5, arbitrary: row }, { weight: 1, arbitrary: fc.anything() }), {
      maxLength: 5,
    }),
    fc.constantFrom('', '\n', '{', '\n\n', '}\n', '\uFEFF', '[]'),
  )
  .map(([rows, tail]) => rows.map((one) => JSON.stringify(one) ?? '').join('\n') + tail)

const asFile = (texts: fc.Arbitrary<string>, name: string, type: string): fc.Arbitrary<MadeFile> =>
  texts.map((text) => ({ name, type, bytes: base64(text) }))

/** Files for an operation: some with records, some without. */
export const files = (operation: ApiOperation): fc.Arbitrary<MadeFile> => {
  const own = fc.oneof(
    asFile(csvText, 'contacts.csv', 'text/csv'),
    asFile(ndjsonText, 'contacts.ndjson', 'application/x-ndjson'),
    asFile(fc.string({ unit: 'grapheme', minLength: 1 }), 'letter.txt', 'text/plain'),
    { weight: 2, arbitrary: fc.constantFrom(...FILES) },
    fc.uint8Array({ maxLength: 64 }).map((bytes) => ({
      name: 'x.bin',
      type: 'application/octet-stream',
      bytes: Buffer.from(bytes).toString('base64'),
    })),
  )
  const shown = operation.bodies.flatMap(({ type, examples }) =>
    type === 'multipart/form-data'
      ? examples.map((example) => (example as { file?: string }).file ?? '')
      : [],
  )
  return shown.length > 0
    ? fc.oneof(asFile(fc.constantFrom(...shown), 'contacts.csv', 'text/csv'), own)
    : own
}

/** A text of this type. */
export const textOf = (type: string): fc.Arbitrary<string> => {
  if (type === 'text/csv') return csvText
  return type === 'application/x-ndjson' ? ndjsonText : fc.string({ unit: 'grapheme' })
}
