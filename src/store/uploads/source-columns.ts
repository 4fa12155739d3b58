import type { KyselyPlugin } from 'kysely'
import { sql, type RawBuilder } from 'kysely'

import type { UploadSource } from '../../domain/uploads/upload.ts'
import type { Seals } from '../homes/seals.ts'

/**
 * The source without the name of the file. The name may name a person, so it is sealed in a
 * separate column.
 */
export const namelessSource = ({
  fileName: _fileName,
  ...rest
}: UploadSource): Omit<UploadSource, 'fileName'> => rest

/** The assignments for the source of a file. */
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
 * A plugin that opens the sealed name of the file in every row with the column `file_name`, and
 * puts the name into the row's `source`. So other code that reads uploads does not depend on the
 * sealing.
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
