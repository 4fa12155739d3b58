import type { ContactList } from '../contact-lists/contact-list.ts'
import type { UploadColumn } from '../uploads/upload.ts'

/**
 * Genesys' own name for the id of a contact. If a list declares a column with this name, the id is
 * also written to that column.
 */
export const CONTACT_ID_COLUMN = 'contactId'

/** The first name for a column of contact ids that none of the names is. */
export const freeIdName = (names: readonly string[]): string => {
  let name = CONTACT_ID_COLUMN
  while (names.includes(name)) name += '_'
  return name
}

/**
 * The column of the list that contains the contact id when rows are sent as a file: `contactId`,
 * unless a column of the file with other content fills it. null: the id is written to no column of
 * the list.
 */
export const contactIdColumnOf = (
  list: Pick<ContactList, 'columns'>,
  columns: readonly UploadColumn[],
): string | null => {
  const names = list.columns.map(({ name }) => name)
  const isOther = columns.some(
    ({ kind, mappedTo }) => kind !== 'contactId' && mappedTo === CONTACT_ID_COLUMN,
  )
  if (names.includes(CONTACT_ID_COLUMN) && !isOther) return CONTACT_ID_COLUMN
  const mapped = columns.find(({ kind }) => kind === 'contactId')?.mappedTo ?? null
  return mapped !== null && names.includes(mapped) ? mapped : null
}
