/** The columns that the ledger adds to the file's. */
export const LEDGER_COLUMNS = ['_line', '_outcome', '_code', '_reason', '_row'] as const
/** The one that ties a row to its upload and its contact id. */
export const MARK_COLUMN = '_row'

export const isLedgerColumn = (name: string): boolean =>
  (LEDGER_COLUMNS as readonly string[]).includes(name)

/**
 * Whether the file is a ledger sent back. The mark of the rows shows it, or two of the others,
 * because people delete columns that they do not need.
 */
export const isLedgerHeader = (names: readonly string[]): boolean =>
  names.includes(MARK_COLUMN) || names.filter(isLedgerColumn).length >= 2

/** Names that mean something to JavaScript's objects: no column may have them. */
const FORBIDDEN = new Set([
  '',
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'toLocaleString',
  'valueOf',
  'hasOwnProperty',
  'isPrototypeOf',
  'propertyIsEnumerable',
  '__defineGetter__',
  '__defineSetter__',
  '__lookupGetter__',
  '__lookupSetter__',
])

export const isForbiddenName = (name: string): boolean =>
  FORBIDDEN.has(name) || name.includes('\0') || !name.isWellFormed()

const PHONE_NAMES = new Set([
  'phone',
  'phonenumber',
  'telephone',
  'tel',
  'mobile',
  'mobilephone',
  'mobilenumber',
  'cell',
  'cellphone',
  'homephone',
  'workphone',
])
const EMAIL_NAMES = new Set(['email', 'emailaddress', 'mail'])

/**
 * The kind that a column's whole name suggests (ignoring case, `_` and a trailing digit). null:
 * none.
 */
export const kindByName = (name: string): 'phone' | 'email' | null => {
  const plain = name.toLowerCase().replaceAll('_', '').replace(/\d$/, '')
  if (PHONE_NAMES.has(plain)) return 'phone'
  return EMAIL_NAMES.has(plain) ? 'email' : null
}

/** Names of the list's column for the extensions of a phone column. */
export const extensionNames = (phoneColumn: string): string[] => [
  `${phoneColumn}Extension`,
  `${phoneColumn}_ext`,
]
