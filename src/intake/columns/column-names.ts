/** The columns that a ledger has in addition to the columns of the uploaded file. */
export const LEDGER_COLUMNS = ['_line', '_outcome', '_code', '_reason', '_row'] as const
/** The column whose mark ties a row of the ledger to its upload and its contact id. */
export const MARK_COLUMN = '_row'

/**
 * Whether a ledger adds the column. An upload ignores such a column only if its file is a ledger
 * (`isLedgerHeader`).
 */
export const isLedgerColumn = (name: string): boolean =>
  (LEDGER_COLUMNS as readonly string[]).includes(name)

/**
 * Whether the header is that of a ledger. The column of marks alone suffices. Without it, two other
 * columns of a ledger suffice, because people delete columns that they do not need.
 */
export const isLedgerHeader = (names: readonly string[]): boolean =>
  names.includes(MARK_COLUMN) || names.filter(isLedgerColumn).length >= 2

/**
 * The empty name, and names of members that JavaScript objects already have. A column with the name
 * of such a member could overwrite the member.
 */
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

/**
 * Whether no column may have the name. Also true for a name with a NUL, or with half of a surrogate
 * pair.
 */
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
 * The kind that a column's whole name suggests. Case, `_` and one digit at the end are ignored.
 * null: the name suggests no kind.
 */
export const kindByName = (name: string): 'phone' | 'email' | null => {
  const plain = name.toLowerCase().replaceAll('_', '').replace(/\d$/, '')
  if (PHONE_NAMES.has(plain)) return 'phone'
  return EMAIL_NAMES.has(plain) ? 'email' : null
}

/** Names that the list's column for the extensions of a phone column may have. */
export const extensionNames = (phoneColumn: string): string[] => [
  `${phoneColumn}Extension`,
  `${phoneColumn}_ext`,
]
