import { bytes, HEADER, row, utf16be, utf16le, utf8 } from './hostile-file.ts'
import type { HostileFile } from './hostile-file.ts'

const ANN = `${HEADER}\n${row('c1', 'José')}\n`
const TAKEN = { rows: ['c1|José'] }
/** More rows in ASCII than fit into a block. */
const LONG = `${HEADER}\n${Array.from({ length: 3000 }, (_, at) => row(`a${at}`, 'Ann')).join('\n')}\n`
const LONG_ROWS = Array.from({ length: 3000 }, (_, at) => `a${at}|Ann`)

export const ENCODING_FILES: readonly HostileFile[] = [
  {
    name: 'UTF-8 with a byte order mark',
    why: 'Excel\'s "CSV UTF-8": the mark glued to the first header hides the id column',
    bytes: utf8(`\u{feff}${ANN}`),
    expected: { ...TAKEN, encoding: 'utf-8', from: 'mark' },
  },
  {
    name: 'a byte order mark before a quoted header',
    why: 'the quote is then not at the start of the cell for many parsers',
    bytes: utf8(`\u{feff}"contactId","name","phone","email"\n${row('c1', 'José')}`),
    expected: TAKEN,
  },
  {
    name: 'two byte order marks',
    why: 'a mark added to a file that had one: the second is white space about the first name',
    bytes: utf8(`\u{feff}\u{feff}${ANN}`),
    expected: { ...TAKEN, encoding: 'utf-8' },
  },
  {
    name: 'UTF-16LE with a mark',
    why: 'Excel\'s "Unicode text"',
    bytes: utf16le(`\u{feff}${ANN}`),
    expected: { ...TAKEN, encoding: 'utf-16le', from: 'mark' },
  },
  {
    name: 'UTF-16BE with a mark',
    why: 'exports of Java and of mainframes',
    bytes: utf16be(`\u{feff}${ANN}`),
    expected: { ...TAKEN, encoding: 'utf-16be', from: 'mark' },
  },
  {
    name: 'UTF-16LE without a mark',
    why: 'PowerShell and SQL Server; read as bytes it is all NUL',
    bytes: utf16le(ANN),
    expected: { ...TAKEN, encoding: 'utf-16le', from: 'content' },
  },
  {
    name: 'UTF-16BE without a mark, in Cyrillic',
    why: 'only delimiters, digits and line ends show the byte order',
    bytes: utf16be(`${HEADER}\n${row('c1', 'Анна Иванова')}\n`),
    expected: { rows: ['c1|Анна Иванова'], encoding: 'utf-16be' },
  },
  {
    name: 'tabs in UTF-16LE, CRLF',
    why: 'what Excel writes as "Unicode text" whole',
    bytes: utf16le(
      `\u{feff}${HEADER.replaceAll(',', '\t')}\r\n${row('c1', 'Ann').replaceAll(',', '\t')}\r\n`,
    ),
    expected: { rows: ['c1|Ann'], encoding: 'utf-16le' },
  },
  {
    name: 'UTF-16LE with a pair of surrogates at the end of a block',
    why: 'a character cut in two by the blocks comes out as two wrong ones',
    bytes: utf16le(
      `\u{feff}${HEADER}\n${row('c1', `${'x'.repeat(32_767 - HEADER.length - 5)}😀`)}\n`,
    ),
    expected: { rows: [`c1|${'x'.repeat(32_767 - HEADER.length - 5)}😀`] },
  },
  {
    name: 'UTF-16 with an odd number of bytes',
    why: 'cut off in the middle of a letter',
    bytes: utf16le(`\u{feff}${ANN}`).subarray(0, -1),
    expected: { refused: 'encoding-invalid' },
  },
  {
    name: 'UTF-16 with half of a pair alone',
    why: 'text cut at a number of units; the half would become a replacement character',
    bytes: utf16le(`\u{feff}${HEADER}\n${row('c1', 'a\u{d83d}b')}\n`),
    expected: { refused: 'encoding-invalid', about: { encoding: 'utf-16le', line: 2 } },
  },
  {
    name: 'ISO 8859-1',
    why: 'an old CRM; read as UTF-8 it is refused, read loosely José becomes Jos\u{fffd}',
    bytes: bytes(ANN),
    expected: { ...TAKEN, encoding: 'iso-8859-1', from: 'content' },
  },
  {
    name: 'windows-1252 with its own quotes and euro',
    why: 'Excel\'s plain "CSV": read as ISO 8859-1 the marks are control characters',
    bytes: bytes(`${HEADER}\n${row('c1', '\x93A\x94 \x80')}\n`),
    expected: { rows: ['c1|“A” €'], encoding: 'windows-1252', from: 'content' },
  },
  {
    name: 'windows-1252 whose first accent stands behind a block of ASCII',
    why: 'a reader that decides by the first block takes it for UTF-8 and fails late',
    bytes: bytes(`${LONG}${row('c1', 'José')}\n`),
    expected: { rows: [...LONG_ROWS, 'c1|José'], encoding: 'iso-8859-1' },
  },
  {
    name: 'UTF-8 that breaks off into Latin-1 later',
    why: 'lines pasted from another export: neither encoding is right for all',
    bytes: Buffer.concat([
      utf8(`${HEADER}\n${row('c0', 'Zoë')}\n`),
      utf8(LONG),
      bytes(row('c1', 'José')),
    ]),
    expected: { refused: 'encoding-invalid', about: { encoding: 'utf-8', line: 3004 } },
  },
  {
    name: 'UTF-8 and Latin-1 mixed in one block',
    why: 'as above, before anything is decided: not guessed',
    bytes: Buffer.concat([utf8(ANN), bytes(row('c2', 'José'))]),
    expected: { refused: 'encoding-invalid', about: { line: 3 } },
  },
  {
    name: 'Cyrillic in windows-1251',
    why: 'every byte is a letter in Latin-1 too, so all names would be silently wrong',
    bytes: Buffer.concat([
      utf8(`${HEADER}\nc1,`),
      Buffer.from('c0eded e020c8e2e0edeee2e0'.replaceAll(' ', ''), 'hex'),
      utf8(',+14155552671,\n'),
    ]),
    expected: { refused: 'encoding-invalid' },
  },
  {
    name: 'Japanese in Shift_JIS',
    why: 'has bytes that windows-1252 lacks; never to be read as western text',
    bytes: Buffer.concat([
      utf8(`${HEADER}\nc1,`),
      Buffer.from('91be985981408e4f', 'hex'),
      utf8(',+14155552671,\n'),
    ]),
    expected: { refused: 'encoding-invalid' },
  },
  {
    name: 'windows-1252 named by the option, with a byte that it lacks',
    why: 'a wrong option must not make control characters',
    bytes: bytes(`${HEADER}\n${row('c1', 'a\x81b')}\n`),
    changes: { options: { encoding: 'windows-1252' } },
    expected: { refused: 'encoding-invalid', about: { encoding: 'windows-1252', line: 2 } },
  },
  {
    name: 'UTF-8 named ISO 8859-1 by the option',
    why: 'what is asked for is done: the caller may know better than the bytes',
    bytes: utf8(ANN),
    changes: { options: { encoding: 'iso-8859-1' } },
    expected: { rows: ['c1|JosÃ©'], encoding: 'iso-8859-1', from: 'option' },
  },
  {
    name: 'a mark of UTF-16 and the option utf-8',
    why: 'the two contradict; either guess may be wrong',
    bytes: utf16le(`\u{feff}${ANN}`),
    changes: { options: { encoding: 'utf-8' } },
    expected: { refused: 'encoding-invalid', about: { encoding: 'utf-8', mark: 'utf-16le' } },
  },
  {
    name: 'UTF-32',
    why: 'its mark begins like that of UTF-16',
    bytes: Buffer.from([0xff, 0xfe, 0, 0, 0x63, 0, 0, 0]),
    expected: { refused: 'encoding-invalid' },
  },
  {
    name: 'overlong UTF-8',
    why: 'hides a NUL or a quote from what looks at bytes (RFC 3629)',
    bytes: Buffer.concat([
      utf8(`${HEADER}\nc1,é`),
      Buffer.from([0xc0, 0x80]),
      utf8(',+14155552671,\n'),
    ]),
    expected: { refused: 'encoding-invalid', about: { line: 2 } },
  },
  {
    name: 'a surrogate in UTF-8',
    why: 'CESU-8 of old databases: no character of UTF-8',
    bytes: Buffer.concat([
      utf8(`${HEADER}\nc1,é`),
      Buffer.from([0xed, 0xa0, 0xbd]),
      utf8(',+14155552671,\n'),
    ]),
    expected: { refused: 'encoding-invalid' },
  },
  {
    name: 'UTF-8 cut off in its last character',
    why: 'a download that broke off; the rest is no Latin-1',
    bytes: Buffer.concat([utf8(`${HEADER}\nc1,`), Buffer.from([0xe2, 0x82])]),
    expected: { refused: 'encoding-invalid' },
  },
  {
    name: 'an Excel workbook named .csv',
    why: 'renaming is not exporting',
    bytes: Buffer.concat([Buffer.from([0x50, 0x4b, 3, 4]), Buffer.alloc(200, 0x99)]),
    expected: { refused: 'encoding-invalid' },
  },
  {
    name: 'NUL in a cell',
    why: 'ends the text in C programs behind us; the row alone is refused',
    bytes: utf8(`${HEADER}\n${row('c1', 'a\0b')}\n${row('c2', 'Ann')}\n`),
    expected: { rows: ['c2|Ann'], rejections: { 'text-invalid': 1 }, encoding: 'utf-8' },
  },
]
