import type { Upload } from '../../../domain/uploads/upload.ts'
import { ledgerFaults } from '../../../intake/formats/ledger-csv.ts'
import type { LedgerRow } from '../../../workflows/ports/uploads/uploads.ts'
import { type CodeWords, rowCodeWords } from '../upload-words.ts'
import { cellField, emptiedField } from './fix-form.ts'
import { maskedCell, shownCell } from './masked-cells.ts'

/** The faults of rows that were sent again and are still faulty, by line. */
export type NewFaults = ReadonlyMap<number, { code: string; column: string | null }[]>

type Fault = { column: string | null; words: CodeWords }

type Asked = {
  revealed: boolean
  typed: ReadonlyMap<string, string>
  faults: NewFaults
}

/** A cell with its field and its faults. */
const cellLine = (row: LedgerRow, name: string, at: number, faults: Fault[], asked: Asked) => {
  const { revealed, typed } = asked
  const cell = row.cells[at] ?? ''
  const field = cellField(row.line, at)
  return {
    name,
    field,
    emptied: revealed ? null : emptiedField(row.line, at),
    isEmptied: typed.has(emptiedField(row.line, at)),
    now: revealed ? shownCell(cell) : maskedCell(cell),
    isEmpty: cell === '',
    value: typed.get(field) ?? (revealed ? cell : ''),
    faults: faults.filter(({ column }) => column === name).map(({ words }) => words),
  }
}

const rowLine = (upload: Upload, row: LedgerRow, asked: Asked) => {
  const found = asked.faults.get(row.line) ?? ledgerFaults(row)
  const faults = found.map(({ code, column }): Fault => ({ column, words: rowCodeWords(code) }))
  const before = ledgerFaults(row).map(({ column }) => column)
  const names = upload.columns.map(({ name }) => name)
  const isKnown = (column: string | null): boolean => column !== null && names.includes(column)
  // A fault that names no column of the file concerns the whole row, so any cell may be the cause.
  const asWhole = [...before, ...faults.map(({ column }) => column)].some((one) => !isKnown(one))
  const fixable = (name: string): boolean =>
    asWhole || before.includes(name) || faults.some(({ column }) => column === name)
  const cells = names.map((name, at) => ({ name, line: cellLine(row, name, at, faults, asked) }))
  return {
    line: row.line,
    faults: faults.filter(({ column }) => !isKnown(column)).map(({ words }) => words),
    stillFaulty: asked.faults.has(row.line),
    cells: cells.filter(({ name }) => fixable(name)).map((one) => one.line),
    others: cells.filter(({ name, line }) => !fixable(name) && !line.isEmpty),
  }
}

/**
 * Rejected rows of an upload, with fields for the faulty cells. `sent`: earlier uploads of fixed
 * rows.
 */
export const fixModel = (
  upload: Upload,
  found: { rows: readonly LedgerRow[]; nextLine: number | null },
  about: Asked & {
    after: number
    apply: 'manual' | 'auto'
    sent: readonly Upload[]
  },
) => {
  const { after, apply, sent, ...asked } = about
  const at = `/console/uploads/${upload.id}/rows/fix`
  return {
    uploadId: upload.id,
    name: upload.source.fileName ?? upload.id,
    list: upload.contactListId,
    rejected: upload.counts.rejected,
    revealed: asked.revealed,
    ...{ after, apply },
    rows: found.rows.map((row) => rowLine(upload, row, asked)),
    sent: sent.map(({ id, counts, createdAt }) => ({ id, rows: counts.read, createdAt })),
    first: after > 0 ? at : null,
    next: found.nextLine === null ? null : `${at}?after=${found.nextLine}`,
  }
}
