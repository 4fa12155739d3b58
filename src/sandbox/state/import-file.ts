import { randomUUID } from 'node:crypto'

import type { FaultOf } from '../faults/fault-plan.ts'
import { PLATFORM_LIMITS } from '../platform/platform-limits.ts'
import { type IncomingContact, isContactId } from './contact-writes.ts'
import { CsvFault, csvRecords } from './csv-records.ts'
import type { StoredList } from './list-store.ts'

/**
 * The result of reading a file to import: contacts and one code for each refused row, or one code
 * for the whole file.
 */
export type ImportPlan = {
  rows: number
  contacts: IncomingContact[]
  /**
   * Codes of the outbound event log [platform-api: 2.5.5], one for each row that is left out. null:
   * the row is left out silently.
   */
  rowCodes: (string | null)[]
  /** null: the file can be imported. */
  fileCode: string | null
  /** How many contacts got an id from the platform, because there is no `contactIdName`. */
  withoutId: number
}

const refusedFile = (fileCode: string, rows = 0): ImportPlan => ({
  rows,
  contacts: [],
  rowCodes: [],
  fileCode,
  withoutId: 0,
})

/** The records of the file. null: the file is not CSV. */
export const recordsOf = (bytes: Uint8Array): string[][] | null => {
  try {
    return csvRecords(bytes)
  } catch (error) {
    if (error instanceof CsvFault) return null
    throw error
  }
}

type Columns = {
  /** For each column of the list: the index of the file's column. */
  places: number[]
  idAt: number | null
  width: number
}

/**
 * Finds the list's columns in the file. Compares names without case. The file must have all columns
 * of the list. Other columns of the file are ignored [platform-api: 2.5.3].
 */
const columnsOf = (
  list: StoredList,
  header: readonly string[],
  contactIdName: string | null,
): Columns | string => {
  const names = header.map((name) => name.trim().toLowerCase())
  if (names.every((name) => name === '')) return 'IMPORT_NO_COLUMNS_DEFINED'
  if (new Set(names).size < names.length) return 'IMPORT_FAILED_TO_READ_HEADERS'
  const places = list.fields.map(({ name }) => names.indexOf(name.toLowerCase()))
  if (places.includes(-1)) return 'IMPORT_CONTACT_DOES_NOT_MATCH_LIST_FORMAT'
  const extra = names.length - places.length
  if (extra > PLATFORM_LIMITS.columns) return 'IMPORT_TOO_MANY_EXTRA_COLUMNS'
  const idAt = contactIdName === null ? null : names.indexOf(contactIdName.toLowerCase())
  return idAt === -1 ? 'IMPORT_MISSING_CUSTOM_ID' : { places, idAt, width: header.length }
}

/** A phone number after its formatting is removed. Only a leading + stays [platform-api: 2.5.3]. */
const PHONE = /^\+?\d{3,15}$/
const EMAIL = /^[^@\s]+@[^@\s]+$/

const cellFault = (list: StoredList, cells: readonly (string | null)[]): string | null => {
  for (const [position, cell] of cells.entries()) {
    if (!cell) continue
    const { kind } = list.fields[position]!
    if (cell.length > PLATFORM_LIMITS.cellChars) return 'IMPORT_DATUM_EXCEEDS_LENGTH_LIMIT'
    if (kind === 'phone' && !PHONE.test(cell.replaceAll(/[\s().-]/g, ''))) {
      return 'IMPORT_INVALID_PHONE_NUMBERS'
    }
    if (kind === 'email' && !EMAIL.test(cell)) return 'IMPORT_INVALID_EMAIL_ADDRESSES'
  }
  return null
}

/** The contact of a record. If the record is refused: the code of its fault. */
const contactOf = (
  list: StoredList,
  record: readonly string[],
  columns: Columns,
): IncomingContact | string => {
  if (record.length !== columns.width) return 'IMPORT_ENTRY_DOES_NOT_ALIGN_WITH_HEADERS'
  const contactId = columns.idAt === null ? randomUUID() : (record[columns.idAt] ?? '').trim()
  if (contactId === '') return 'IMPORT_MISSING_CUSTOM_ID'
  if (!isContactId(contactId)) return 'IMPORT_INVALID_CUSTOM_ID'
  // Default of `trimWhitespace`: on [platform-api: 2.3].
  const { trimWhitespace } = list.settings
  const cells = columns.places.map((place) => {
    const cell = record[place] ?? ''
    return trimWhitespace ? cell.trim() : cell
  })
  return cellFault(list, cells) ?? { contactId, cells }
}

const isRefused = (rule: FaultOf<'reject-rows'> | null, contactId: string, index: number) =>
  rule !== null &&
  (rule.contactIds?.includes(contactId) === true ||
    (rule.everyNth !== undefined && (index + 1) % rule.everyNth === 0))

/** Whether a record is blank. Blank rows at the end fail the import [platform-api: 2.5.3]. */
const isBlank = (record: readonly string[] | undefined): boolean =>
  record?.length === 1 && record[0] === ''

/** Reads a file as the platform would import it into this list. */
export const planImport = (
  list: StoredList,
  bytes: Uint8Array,
  how: { contactIdName: string | null; reject: FaultOf<'reject-rows'> | null },
): ImportPlan => {
  const [header, ...records] = recordsOf(bytes) ?? []
  if (!header) return refusedFile('IMPORT_FAILED_TO_READ_HEADERS')
  const columns = columnsOf(list, header, how.contactIdName)
  if (typeof columns === 'string') return refusedFile(columns, records.length)
  if (isBlank(records.at(-1)) && columns.width > 1) {
    return refusedFile('IMPORT_COULD_NOT_PARSE_AN_ENTRY', records.length)
  }
  const plan: ImportPlan = { ...refusedFile(''), rows: records.length, fileCode: null }
  for (const [index, record] of records.entries()) {
    const contact = contactOf(list, record, columns)
    if (typeof contact === 'string') plan.rowCodes.push(contact)
    else if (isRefused(how.reject, contact.contactId, index))
      plan.rowCodes.push(how.reject?.nameRows === false ? null : 'IMPORT_INVALID_DATA')
    else plan.contacts.push(contact)
  }
  if (columns.idAt === null) plan.withoutId = plan.contacts.length
  return plan
}
