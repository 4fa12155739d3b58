import { CONTACT_ID_COLUMN } from '../contacts/contact-id-column.ts'
import type { Upload } from '../uploads/upload.ts'
import type { ContactList } from './contact-list.ts'

/** What has changed in a contact list since an upload's rows were checked, as names of columns. */
export type ListChanges = {
  added: string[]
  removed: string[]
  /**
   * The columns whose kind in the list now differs from the kind with which the rows were
   * checked. A column that is now declared as text does not count.
   */
  kindChanged: string[]
  /** The columns that are required now, and were not required or did not exist before. */
  required: string[]
}

/**
 * How the list's columns changed since the upload's rows were checked. A changed kind counts only
 * if a column of the upload is mapped to the list's column and the new kind contradicts the check.
 */
export const listChangesOf = (
  upload: Pick<Upload, 'targetColumns' | 'columns'>,
  list: Pick<ContactList, 'columns'>,
): ListChanges => {
  const then = new Set(upload.targetColumns)
  const now = new Map(list.columns.map((column) => [column.name, column]))
  const added = list.columns.filter(({ name }) => !then.has(name))
  // For a column that is declared as text, the check used a kind that the gateway guessed from the
  // column's name. Therefore the kind text never contradicts the check.
  const checked = upload.columns.filter(({ kind }) => kind !== 'contactId')
  const contradicted = checked.filter(({ kind, mappedTo }) => {
    const declared = mappedTo === null ? undefined : now.get(mappedTo)?.kind
    return declared !== undefined && declared !== 'text' && declared !== kind
  })
  const filled = upload.columns.filter(({ kind, required }) => kind === 'contactId' || required)
  const neverEmpty = new Set([CONTACT_ID_COLUMN, ...filled.map(({ mappedTo }) => mappedTo)])
  return {
    added: added.map(({ name }) => name),
    removed: upload.targetColumns.filter((name) => !now.has(name)),
    kindChanged: contradicted.map(({ mappedTo }) => mappedTo!),
    required: list.columns
      .filter(({ name, required }) => required && !neverEmpty.has(name))
      .map(({ name }) => name),
  }
}

/**
 * Whether rows that were checked earlier may go to the list as it is now. No column may be missing
 * or contradict the check (`kindChanged`), and no column may be required that was not.
 */
export const rowsStillFit = ({ removed, kindChanged, required }: ListChanges): boolean =>
  removed.length + kindChanged.length + required.length === 0
