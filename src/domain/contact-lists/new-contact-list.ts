import type { ColumnKind, ContactList, ListColumn } from './contact-list.ts'

/** A contact list that a caller wants made. */
export type NewContactListPlan = {
  name: string
  columns: readonly ListColumn[]
  /** One of the columns, of the kind text. */
  contactIdColumn: string
}

/** Limits of both dialects together (Genesys: name 64, 50 columns, header 128). */
export const NEW_LIST_LIMITS = { nameChars: 64, columns: 50, columnNameChars: 128 } as const

/** The platform keeps no dates: there they are text. */
const isKept = (asked: ColumnKind, made: ColumnKind): boolean =>
  made === asked || (asked === 'date' && made === 'text')

/** Whether a list has exactly the columns that were asked for. */
export const hasColumns = (list: ContactList, plan: NewContactListPlan): boolean => {
  const kinds = new Map(list.columns.map(({ name, kind }) => [name, kind]))
  return (
    kinds.size === plan.columns.length &&
    plan.columns.every(({ name, kind }) => {
      const made = kinds.get(name)
      return made !== undefined && isKept(kind, made)
    })
  )
}

/** Where a column was made otherwise than asked: what differs, in words for the caller. */
export const columnNotes = (
  list: ContactList,
  plan: NewContactListPlan,
): { column: string; note: string }[] => {
  const made = new Map(list.columns.map((column) => [column.name, column]))
  return plan.columns.flatMap(({ name, kind, required }) => {
    const column = made.get(name)
    if (!column) return [{ column: name, note: 'Genesys does not show this column yet.' }]
    const notes = [
      ...(column.kind === kind
        ? []
        : [`Genesys keeps this column as ${column.kind}, not as ${kind}.`]),
      ...(column.required === required
        ? []
        : ['Genesys does not keep that this column is required.']),
    ]
    return notes.map((note) => ({ column: name, note }))
  })
}
