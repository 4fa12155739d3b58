import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { describe, it } from 'node:test'

import Papa from 'papaparse'

import { createRowMarks } from '../../../src/intake/rows/row-mark.ts'
import { fileToMend, LIST, mended, ROWS } from '../../support/spreadsheets/file-to-mend.ts'
import { accepted, KEY, rejected, take } from '../taken.ts'
import type { Taken } from '../taken.ts'

const parsed = (csv: string): string[][] =>
  Papa.parse<string[]>(csv.replace(/^\ufeff/u, ''), { skipEmptyLines: true }).data
const cellsOf = (taken: Taken): string[][] => accepted(taken).map(({ cells }) => cells)
const codesOf = (taken: Taken): [number, string][] =>
  rejected(taken).map(({ line, code }) => [line, code])

const assertAsMeant = async (csv: string | Uint8Array): Promise<void> => {
  const taken = await take(csv, LIST)
  assert.deepEqual(codesOf(taken), [])
  assert.deepEqual(cellsOf(taken), ROWS)
}

const saved = (rows: string[][], delimiter: string, bom = ''): string =>
  `${bom}${Papa.unparse(rows, { delimiter, newline: '\r\n' })}\r\n`
/**
 * Google Sheets, and Excel if a cell is typed again, read the apostrophe as their own mark and do
 * not write it.
 */
const asSheets = (rows: string[][]): string[][] =>
  rows.map((row) => row.map((cell) => cell.replace(/^'/u, '')))
const withoutColumns = (rows: string[][], names: readonly string[]): string[][] => {
  const kept = rows[0]!.flatMap((name, at) => (names.includes(name) ? [] : [at]))
  return rows.map((row) => kept.map((at) => row[at]!))
}
const OURS = ['_line', '_outcome', '_code', '_reason', '_row']

describe('the file to mend, saved by LibreOffice and sent back', () => {
  const recordings = globSync('test/fixtures/spreadsheets/libreoffice-*.csv')
  it('is recorded for both languages', () => assert.equal(recordings.length, 4))
  for (const path of recordings) {
    it(`is as it was meant: ${path.split('/').at(-1)}`, async () => {
      await assertAsMeant(mended(readFileSync(path, 'utf8')))
    })
  }
})

describe('the file to mend, saved by Excel or Google Sheets and sent back', () => {
  for (const delimiter of [',', ';', '\t']) {
    it(`has a byte order mark and the file's own delimiter ${JSON.stringify(delimiter)}, and survives Excel`, async () => {
      const csv = await fileToMend(delimiter)
      assert.ok(csv.startsWith(`\ufeffcustomerId${delimiter}name${delimiter}`))
      for (const bom of ['', '\ufeff']) {
        await assertAsMeant(mended(saved(parsed(csv), delimiter, bom)))
      }
    })
  }

  it('survives the text of a German Excel, which is Windows-1252', async () => {
    const rows = parsed(await fileToMend(';')).filter(([, name]) => !/[Ł太]/u.test(name ?? ''))
    const ansi = saved(rows, ';').replaceAll('＝', '=').replaceAll('－', '-').replaceAll('’', "'")
    const taken = await take(Buffer.from(mended(ansi), 'latin1'), LIST)
    assert.deepEqual(codesOf(taken), [])
    assert.deepEqual(
      cellsOf(taken).map(([id]) => id),
      ROWS.filter(([, name]) => !/[Ł太]/u.test(name!)).map(([id]) => id),
    )
  })

  it('survives Google Sheets, which keeps the text and drops the apostrophes', async () => {
    await assertAsMeant(mended(saved(asSheets(parsed(await fileToMend(','))), ',')))
  })

  it('loses its guards without the columns that were added, also where some of them are left', async () => {
    const rows = parsed(await fileToMend(';'))
    for (const gone of [OURS, OURS.slice(0, 4), OURS.slice(4), ['_reason', '_row', '_code']]) {
      await assertAsMeant(mended(saved(withoutColumns(rows, gone), ';')))
    }
  })
})

describe('a row of the file to mend', () => {
  const changed = async (change: (row: string[], at: (name: string) => number) => string[]) => {
    const [header, ...rows] = parsed(await fileToMend(','))
    const at = (name: string): number => header!.indexOf(name)
    const csv = saved([header!, ...rows.map((row) => change(row, at))], ',')
    return take(mended(csv), LIST)
  }

  it('is refused when its id has lost its zeros, whichever person that would be', async () => {
    const taken = await changed((row) => row.with(0, row[0]!.replace(/^'0+(?=\d)/u, '')))
    assert.deepEqual(codesOf(taken), [
      [2, 'row-identity-changed'],
      [8, 'row-identity-changed'],
    ])
    assert.equal(rejected(taken)[0]?.column, 'customerId')
  })

  it('is refused when single columns were sorted, or a mark was typed over', async () => {
    const ids = ROWS.map(([id]) => id!).toSorted()
    let next = 0
    const sorted = await changed((row) => row.with(0, ids[next++]!))
    assert.ok(codesOf(sorted).length >= ROWS.length - 1)
    const typed = await changed((row, at) => row.with(at('_row'), 'x'))
    assert.equal(codesOf(typed).length, ROWS.length)
  })

  it('is new without a mark, with whatever id', async () => {
    const taken = await changed((row, at) =>
      row.with(0, `new-${row[0]!.length}-${row[1]}`).with(at('_row'), ''),
    )
    assert.ok(codesOf(taken).every(([, code]) => code !== 'row-identity-changed'))
  })

  it('may get another id where it had no valid one', async () => {
    const { ledgerOf } = await import('../ledger.ts')
    const wrong = await take('contactId,name,phone,email\nA 1,Ann,+14155550132,\n')
    const [header, row] = parsed(ledgerOf(wrong))
    const taken = await take(saved([header!, row!.with(0, 'A-1')], ','))
    assert.deepEqual([codesOf(taken), accepted(taken)[0]?.id], [[], 'A-1'])
  })

  it('keeps a phone that lost its plus when it was typed anew from being another one', async () => {
    const taken = await changed((row, at) => row.with(at('phone'), '491711234567'))
    assert.ok(codesOf(taken).every(([, code]) => code === 'phone-plus-lost'))
  })
})

describe('the mark of a row', () => {
  const marks = createRowMarks(KEY)
  const row = { uploadId: 'upl_0190-abcdef123456', line: 7, contactId: '0012' }

  it('fits its own id alone, and tells nothing of it', () => {
    const mark = marks.markOf(row)
    assert.match(mark, /^r7-abcdef123456-i[a-p]{20}$/u)
    assert.equal(marks.fits(mark, '0012'), true)
    for (const other of ['12', '0012 ', '00012', '']) assert.equal(marks.fits(mark, other), false)
    assert.equal(createRowMarks(Buffer.alloc(32, 8)).fits(mark, '0012'), false)
  })

  it('is tied to its upload and its line', () => {
    const mark = marks.markOf(row)
    assert.notEqual(marks.markOf({ ...row, line: 8 }), mark)
    assert.notEqual(marks.markOf({ ...row, uploadId: 'upl_0190-abcdef123457' }), mark)
    assert.equal(marks.fits(mark.replace('r7-', 'r8-'), '0012'), false)
    assert.equal(marks.fits(mark.replace('-i', '-n'), '0012'), false)
  })
})
