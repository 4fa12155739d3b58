import type { Upload } from '../uploads/upload.ts'
import type { ContactList } from './contact-list.ts'

/**
 * The differences between a contact list and the one that the rows of an upload were checked
 * against, as names of columns.
 */
export type ListChanges = {
  added: string[]
  removed: string[]
  /** Declared as another kind than the rows were checked for. */
  kindChanged: string[]
  /** Of the added ones, those that must not be empty. */
  required: string[]
}

/**
 * The changes that concern an upload. Two versions of a list may also differ in ways that no row is
 * checked against.
 */
export const listChangesOf = (
  upload: Pick<Upload, 'targetColumns' | 'columns'>,
  list: Pick<ContactList, 'columns'>,
): ListChanges => {
  const then = new Set(upload.targetColumns)
  const now = new Map(list.columns.map((column) => [column.name, column]))
  const added = list.columns.filter(({ name }) => !then.has(name))
  // The kind was the declared one or, for text, guessed by name: only a declared kind contradicts
  // it.
  const checked = upload.columns.filter(({ kind }) => kind !== 'contactId')
  const contradicted = checked.filter(({ kind, mappedTo }) => {
    const declared = mappedTo === null ? undefined : now.get(mappedTo)?.kind
    return declared !== undefined && declared !== 'text' && declared !== kind
  })
  return {
    added: added.map(({ name }) => name),
    removed: upload.targetColumns.filter((name) => !now.has(name)),
    kindChanged: contradicted.map(({ mappedTo }) => mappedTo!),
    required: added.filter(({ required }) => required).map(({ name }) => name),
  }
}

/**
 * Whether rows checked earlier may go to the list as it is now: every column is unchanged, and no
 * new column is required.
 */
export const rowsStillFit = ({ removed, kindChanged, required }: ListChanges): boolean =>
  removed.length + kindChanged.length + required.length === 0
