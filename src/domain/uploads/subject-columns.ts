import type { Upload } from './upload.ts'

/** The indexes of phones and emails among the cells of a staged row. */
export const subjectColumns = ({
  columns,
  targetColumns,
}: Pick<Upload, 'columns' | 'targetColumns'>): number[] =>
  columns.flatMap(({ kind, mappedTo }) =>
    mappedTo !== null && (kind === 'phone' || kind === 'email')
      ? [targetColumns.indexOf(mappedTo)]
      : [],
  )
