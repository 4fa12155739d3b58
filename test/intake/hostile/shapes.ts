import { gzipSync } from 'node:zlib'

import { HEADER, row, utf8 } from './hostile-file.ts'
import type { HostileFile } from './hostile-file.ts'

const CR = `${HEADER}\r${row('c1', 'Ann')}\r${row('c2', 'Bob')}\r`
const BOTH = { rows: ['c1|Ann', 'c2|Bob'], lines: [2, 3] }
const GOOD = `${HEADER}\n${row('c1', 'Ann')}\n`
const GZIPPED = { rows: ['c1|Ann'], compression: 'gzip' } as const

export const SHAPE_FILES: readonly HostileFile[] = [
  {
    name: 'lines that end by CR alone',
    why: 'Excel\'s "CSV (Macintosh)": one line to many readers',
    bytes: utf8(CR),
    expected: BOTH,
  },
  {
    name: 'LF, CRLF and CR in one file',
    why: 'files put together from several systems',
    bytes: utf8(`${HEADER}\r\n${row('c1', 'Ann')}\r${row('c2', 'Bob')}\n`),
    expected: BOTH,
  },
  {
    name: 'CR CR LF',
    why: 'text written in text mode twice; the empty lines are blank, not ragged',
    bytes: utf8(`${HEADER}\r\r\n${row('c1', 'Ann')}\r\r\n`),
    expected: { rows: ['c1|Ann'], lines: [3] },
  },
  {
    name: 'CRLF cut by two blocks',
    why: 'the CR is the last byte of one block: it must not end a line of its own',
    bytes: utf8(
      `${HEADER}\n${row('c1', 'x'.repeat(65_536 - HEADER.length - 1 - row('c1', '').length - 1))}\r\n${row('c2', 'Bob')}\r\n`,
    ),
    show: [],
    expected: { rows: ['c1', 'c2'], lines: [2, 3] },
  },
  {
    name: 'each kind of line end inside quotes',
    why: 'addresses: they are content, and count as lines',
    bytes: utf8(`${HEADER}\r\n${row('c1', '"a\nb\r\nc\rd"')}\r\n${row('c2', 'Bob')}\r\n`),
    expected: { rows: ['c1|a\nb\r\nc\rd', 'c2|Bob'], lines: [2, 6] },
  },
  {
    name: 'no line end at the end',
    why: 'the last contact is lost by readers that wait for one',
    bytes: utf8(GOOD.trimEnd()),
    expected: { rows: ['c1|Ann'] },
  },
  {
    name: 'blank lines before the header and between rows',
    why: 'reports with a gap at the top',
    bytes: utf8(`\n\r\n${HEADER}\n\n${row('c1', 'Ann')}\n,,,\n`),
    expected: { rows: ['c1|Ann'], lines: [5] },
  },
  {
    name: "Excel's sep=; before the header",
    why: 'a line for Excel alone; taken for the header it hides every column',
    bytes: utf8(`sep=;\r\n${GOOD.replaceAll(',', ';')}`),
    expected: { rows: ['c1|Ann'], lines: [3] },
  },
  {
    name: 'a quoted header with the delimiter in it',
    why: 'counted wrongly, the comma inside hides the semicolons',
    bytes: utf8('contactId;"a,b,c,d,e";phone\nc1;x;+14155552671\n'),
    changes: { options: { mapping: { 'a,b,c,d,e': 'name' } } },
    expected: { rows: ['c1|x'] },
  },
  {
    name: 'a quote never closed',
    why: 'swallows the rest of the file into one cell',
    bytes: utf8(`${HEADER}\n${row('c1', '"Ann')}\n${row('c2', 'Bob')}\n`),
    expected: { refused: 'csv-malformed', about: { line: 2 } },
  },
  {
    name: 'quotes inside an unquoted cell',
    why: 'nicknames; readers differ on what they mean',
    bytes: utf8(`${HEADER}\n${row('c1', 'Anna "Ann" Lee')}\n${row('c2', 'Bob')}\n`),
    expected: { rows: ['c2|Bob'], rejections: { 'quote-misplaced': 1 } },
  },
  {
    name: 'a cell more and a cell less',
    why: 'an unquoted comma in a name shifts the phone into the email',
    bytes: utf8(`${HEADER}\nc1,Lee, Ann,+14155552671,\nc3,Bob,+14155552671\n${row('c2', 'Bob')}\n`),
    expected: { rows: ['c2|Bob'], rejections: { 'row-ragged': 2 } },
  },
  {
    name: 'no header',
    why: 'names of people would become names of columns, shown and logged',
    bytes: utf8('c1,Ann,+14155552671,ann@example.com\n'),
    expected: { refused: 'header-forbidden', about: { positions: [3, 4] } },
  },
  {
    name: 'no header, as told',
    why: "the columns are the list's in their order",
    bytes: utf8(`\n${row('c1', 'Ann')}\n${row('c2', 'Bob')}`),
    changes: { options: { hasHeader: false } },
    expected: BOTH,
  },
  {
    name: 'no header, columns by position',
    why: 'another order, and one column too many',
    bytes: utf8('+14155552671,x,c1,Ann\n'),
    changes: {
      options: { hasHeader: false, mapping: { 1: 'phone', 2: null, 3: 'contactId', 4: 'name' } },
    },
    expected: { rows: ['c1|Ann'] },
  },
  {
    name: 'no header, a mapping of a position that is not there',
    why: 'a column forgotten must not become an empty one',
    bytes: utf8('c1,+14155552671\n'),
    changes: { options: { hasHeader: false, mapping: { 1: 'contactId', 2: 'phone', 3: 'name' } } },
    expected: { refused: 'mapping-needed', about: { unknown: ['3'] } },
  },
  {
    name: 'no header, more columns than the list',
    why: 'what has no name is drift, by its position',
    bytes: utf8('c1,Ann,+14155552671,,extra\n'),
    changes: { options: { hasHeader: false } },
    expected: { refused: 'schema-drift' },
  },
  {
    name: 'gzip',
    why: 'exports are stored and sent compressed',
    bytes: gzipSync(GOOD),
    expected: GZIPPED,
  },
  {
    name: 'gzip in two members with zeros behind them',
    why: 'compressed logs put together, and tapes pad',
    bytes: Buffer.concat([gzipSync(GOOD.slice(0, 9)), gzipSync(GOOD.slice(9)), Buffer.alloc(9)]),
    expected: GZIPPED,
  },
  {
    name: 'UTF-16 in gzip',
    why: 'the encoding is that of what is inside',
    bytes: gzipSync(Buffer.from(`\u{feff}${GOOD}`, 'utf16le')),
    expected: { ...GZIPPED, encoding: 'utf-16le' },
  },
  {
    name: 'gzip cut off',
    why: 'a broken download: half of the contacts must not count as all',
    bytes: gzipSync(GOOD).subarray(0, -9),
    expected: { refused: 'compression-invalid' },
  },
  {
    name: 'gzip with a wrong checksum',
    why: 'damaged on the way, though all of it can be read',
    bytes: gzipSync(GOOD).map((byte, at, all) => (at === all.length - 6 ? byte ^ 1 : byte)),
    expected: { refused: 'compression-invalid' },
  },
  {
    name: 'gzip with something else behind it',
    why: 'a plain file appended to a compressed one: silently lost by most tools',
    bytes: Buffer.concat([gzipSync(GOOD), utf8(row('c2', 'Bob'))]),
    expected: { refused: 'compression-invalid' },
  },
  {
    name: 'a bomb of gzip',
    why: '50 MB of line ends in 50 KB; a bigger one fills memory or hours',
    bytes: gzipSync(`${GOOD}${'\n'.repeat(50_000_000)}`),
    expected: { refused: 'compression-ratio', about: { mostRatio: 200 } },
  },
  {
    name: 'gzip in gzip',
    why: 'a bomb within a bomb, or compressed by two programs',
    bytes: gzipSync(gzipSync(GOOD)),
    expected: { refused: 'encoding-invalid' },
  },
  {
    name: 'gzip that is larger than a file may be',
    why: 'the cap is of what is inside too',
    bytes: gzipSync(`${GOOD}${row('c2', 'Bob')}\n`.repeat(50)),
    changes: { maxBytes: 1000 },
    expected: { refused: 'upload-too-large', about: { maxBytes: 1000 } },
  },
]
