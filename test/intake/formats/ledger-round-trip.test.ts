import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import Papa from 'papaparse'

import { ledgerOf } from '../ledger.ts'
import { accepted, rejected, take } from '../taken.ts'

const FILE = [
  'contactId,name,phone,email',
  'c1,=cmd|x,415 555,',
  'c2,"-1, ""quoted""",+1 415 555,',
  "c3,'tis,x,",
  'c4,@home,4155552671,ann@',
  'c5,"two\nlines",+999,',
  'c6,fine,4155552671,',
].join('\n')

const EXPECTED = [
  ['c1', '=cmd|x', '+14155552671', ''],
  ['c2', '-1, "quoted"', '+14155552672', ''],
  ['c3', "'tis", '+14155552673', ''],
  ['c4', '@home', '+14155552671', 'ann@example.com'],
  ['c5', 'two\nlines', '+442079460018', ''],
]

/**
 * What the operator types into the cells with faults. A spreadsheet shows phones in several ways.
 */
const mend = (rows: string[][]): string[][] => {
  const [header, ...data] = rows
  const at = (name: string): number => header!.indexOf(name)
  const typed: Record<string, [string, string]> = {
    c1: ['phone', '(415) 555-2671'],
    c2: ['phone', "'+1 415 555 2672"],
    c3: ['phone', '+14155552673'],
    c4: ['email', 'ann@example.com'],
    c5: ['phone', '+442079460018'],
  }
  const mended = data.map((row) => {
    const [name, value] = typed[row[0]!]!
    return row.with(at(name), value)
  })
  return [header!, ...mended]
}

const refusedAsCsv = async (forSpreadsheet = true): Promise<string> =>
  ledgerOf(await take(FILE), { forSpreadsheet })

const parsed = (csv: string): string[][] => Papa.parse<string[]>(csv, { skipEmptyLines: true }).data

const written = (rows: string[][], config: Papa.UnparseConfig): string =>
  `${Papa.unparse(rows, config)}${config.newline}`

const WITHOUT_GUARD = /^'(?=[=+@-])/

/** The forms in which programs save what they opened. */
const SPREADSHEETS: [string, (rows: string[][]) => string][] = [
  ['keeps everything, CRLF', (rows) => written(rows, { newline: '\r\n' })],
  [
    'writes semicolons and a byte order mark',
    (rows) => `\u{feff}${written(rows, { newline: '\r\n', delimiter: ';' })}`,
  ],
  [
    'takes the guards off and quotes every cell',
    (rows) =>
      written(
        rows.map((row) => row.map((cell) => cell.replace(WITHOUT_GUARD, ''))),
        { newline: '\n', quotes: true },
      ),
  ],
  [
    'writes tabs, and empty rows and lines at the end',
    (rows) =>
      `${written([...rows, rows[0]!.map(() => '')], { newline: '\r\n', delimiter: '\t' })}\r\n\r\n`,
  ],
  [
    'has lost the columns that the operator deleted',
    (rows) =>
      written(
        rows.map((row) => row.slice(0, -2)),
        { newline: '\r\n' },
      ),
  ],
  [
    'has its columns in another order',
    (rows) =>
      written(
        rows.map((row) => row.toReversed()),
        { newline: '\r\n' },
      ),
  ],
]

describe('rejected.csv, mended in a spreadsheet and sent back', () => {
  for (const [name, save] of SPREADSHEETS) {
    it(`is taken as it was meant, when the spreadsheet ${name}`, async () => {
      const back = await take(save(mend(parsed(await refusedAsCsv()))))
      assert.deepEqual(rejected(back), [])
      assert.deepEqual(
        accepted(back).map((row) => row.cells),
        EXPECTED,
      )
    })
  }

  it('shows a spreadsheet nothing to run, and nothing to read as a number that it is not', async () => {
    const cells = parsed(await refusedAsCsv()).flat()
    assert.deepEqual(
      cells.filter((cell) => /^[=@\t\r-]/.test(cell)),
      [],
    )
    assert.ok(cells.includes("'=cmd|x") && cells.includes("'+999") && cells.includes("'+1 415 555"))
  })

  it('is as the file was for machines that ask for it', async () => {
    const cells = parsed(await refusedAsCsv(false)).flat()
    assert.ok(cells.includes('=cmd|x') && cells.includes('+1 415 555') && cells.includes("'tis"))
  })
})
