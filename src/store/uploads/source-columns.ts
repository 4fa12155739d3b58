import type { KyselyPlugin } from 'kysely'
import { sql, type RawBuilder } from 'kysely'

import type { UploadSource } from '../../domain/uploads/upload.ts'
import type { Seals } from '../homes/seals.ts'

/**
 * The source without its member that is stored in separate sealed columns: a file's name may be a
 * person's.
 */
export const namelessSource = ({
  fileName: _fileName,
  ...rest
}: UploadSource): Omit<UploadSource, 'fileName'> => rest

/** What an update sets for the source of a file. */
export const sourceColumns = (
  seals: Seals,
  uploadId: string,
  source: UploadSource,
): RawBuilder<unknown> => {
  const { fileName } = source
  const name = fileName === null ? null : seals.sealFileName(uploadId, fileName)
  return sql`source = ${JSON.stringify(namelessSource(source))}::jsonb, file_name = ${name?.sealed ?? null}::bytea,
    file_name_digest = ${name?.digest ?? null}::bytea`
}

type RowWithSource = { id: string; source: UploadSource; file_name?: Buffer | null }

/**
 * Opens the file's name in every row with the column `file_name` and puts it into the row's
 * `source`. Readers of uploads need not know that names are sealed.
 */
export const createOpenFileNames = (open: Seals['openFileName']): KyselyPlugin => ({
  transformQuery: ({ node }) => node,
  transformResult: async ({ result }) => {
    for (const row of result.rows as RowWithSource[]) {
      if (row.file_name === undefined) return result
      const fileName = row.file_name === null ? null : open(row.id, row.file_name)
      row.source = { ...row.source, fileName }
    }
    return result
  },
})
