import type { Upload } from './upload.ts'

/** The places of phones and emails among a staged row's cells. */
export const subjectColumns = ({
  columns,
  targetColumns,
}: Pick<Upload, 'columns' | 'targetColumns'>): number[] =>
  columns.flatMap(({ kind, mappedTo }) =>
    mappedTo !== null && (kind === 'phone' || kind === 'email')
      ? [targetColumns.indexOf(mappedTo)]
      : [],
  )
