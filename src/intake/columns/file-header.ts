import { withoutUnseen } from '../../domain/text/unseen-characters.ts'
import type { UploadOptions } from '../../domain/uploads/upload-options.ts'
import { unguardCell } from '../formats/cell-guard.ts'
import { isLedgerColumn, isLedgerHeader, MARK_COLUMN } from './column-names.ts'

/**
 * The columns of a file that are data. A column without a name is absent: programs write such for
 * cells that were once filled.
 */
export type FileHeader = {
  /** As they count: without white space around them and what shows nothing. */
  names: string[]
  /** The place of each in a record, counted from 1. */
  positions: number[]
  /** Indexes of the columns without a name; their cells must be empty. */
  nameless: number[]
  /** The file is a ledger sent back. */
  ledger: boolean
  /** The place of the rows' marks in a record. -1: none. */
  markIndex: number
  /** Cells in the header, and the fewest that a record has: up to the last column with a name. */
  width: number
  needed: number
}

const plainName = (name: string): string => withoutUnseen(name).trim()

/** `guarded`: the names may have the guards that a spreadsheet needs, as all cells of a CSV. */
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

/** The options with the names of columns as a header's count. */
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
