import type { Upload, UploadColumn } from './upload.ts'

/** What the cells of a column of the file are: phones, emails, or neither (null). */
export const subjectKindOf = ({ kind, reaches }: UploadColumn): 'phone' | 'email' | null =>
  kind === 'phone' || kind === 'email' ? kind : (reaches ?? null)

/**
 * Whether people are looked up by the cells of the column. An earlier version of the gateway did
 * not store whether contact ids are addresses. Its ids are looked up too, because an id that is no
 * address is no subject of an entry.
 */
const isSubject = (column: UploadColumn): boolean =>
  subjectKindOf(column) !== null || (column.kind === 'contactId' && column.reaches === undefined)

/** The indexes of phones and emails among the cells of a staged row. */
export const subjectColumns = ({
  columns,
  targetColumns,
}: Pick<Upload, 'columns' | 'targetColumns'>): number[] =>
  columns.flatMap((column) =>
    column.mappedTo !== null && isSubject(column) ? [targetColumns.indexOf(column.mappedTo)] : [],
  )
