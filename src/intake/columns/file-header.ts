import { withoutUnseen } from '../../domain/text/unseen-characters.ts'
import type { UploadOptions } from '../../domain/uploads/upload-options.ts'
import { unguardCell } from '../formats/cell-guard.ts'
import { isLedgerColumn, isLedgerHeader, MARK_COLUMN } from './column-names.ts'

/**
 * The columns of a file that are data. The columns that a ledger adds are left out. Columns without
 * a name are left out too, because spreadsheets write such columns for cells that once had content.
 */
export type FileHeader = {
  /** The names without white space around them and without invisible characters. */
  names: string[]
  /** The position of each column in a record, counted from 1. */
  positions: number[]
  /** The indexes of the columns without a name. Their cells must be empty. */
  nameless: number[]
  /** Whether the file is a ledger that a person sends back with corrections. */
  ledger: boolean
  /** The index of the column of marks in a record. -1: there is none. */
  markIndex: number
  /**
   * `width`: how many cells the header has. `needed`: the fewest cells of a record, counted up to
   * the last column with a name.
   */
  width: number
  needed: number
}

const plainName = (name: string): string => withoutUnseen(name).trim()

/**
 * Reads the names of the columns. `guarded`: a name may begin with an apostrophe that guards it
 * against spreadsheets, as in every CSV.
 */
export const readHeader = (header: readonly string[], guarded: boolean): FileHeader => {
  const all = header.map(plainName)
  const ledger = isLedgerHeader(all)
  const indexes = [...all.keys()]
  const named = indexes.filter((index) => all[index] !== '')
  const data = ledger ? named.filter((index) => !isLedgerColumn(all[index]!)) : named
  return {
    names: data.map((index) => (guarded ? unguardCell(all[index]!) : all[index]!)),
    positions: data.map((index) => index + 1),
    nameless: indexes.filter((index) => all[index] === ''),
    ledger,
    markIndex: ledger ? all.indexOf(MARK_COLUMN) : -1,
    width: header.length,
    needed: (named.at(-1) ?? -1) + 1,
  }
}

/**
 * The options, with names of columns spelt as `readHeader` spells them, so that these names match
 * the names of the header.
 */
export const withPlainNames = (options: UploadOptions): UploadOptions => {
  const { contactIdColumn, phoneColumns, emailColumns, mapping } = options
  const plain = { ...options }
  if (contactIdColumn !== undefined) plain.contactIdColumn = plainName(contactIdColumn)
  if (phoneColumns !== undefined) plain.phoneColumns = phoneColumns.map(plainName)
  if (emailColumns !== undefined) plain.emailColumns = emailColumns.map(plainName)
  if (mapping !== undefined) {
    plain.mapping = Object.fromEntries(
      Object.entries(mapping).map(([name, target]) => [plainName(name), target]),
    )
  }
  return plain
}
