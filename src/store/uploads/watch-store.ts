import { sql } from 'kysely'

import type { UploadWatchStore } from '../../workflows/ports/uploads/upload-watch.ts'
import type { Database } from '../homes/database.ts'
import { toUpload, UPLOAD_COLUMNS, type UploadRow } from './upload-row.ts'

/**
 * Finds watched uploads that have changed. Each watched upload costs one look-up by its primary
 * key, and only changed uploads are read.
 */
export const createWatchStore = ({ database }: { database: Database }): UploadWatchStore => ({
  changed: async (known) => {
    if (known.size === 0) return []
    const { rows } = await sql<UploadRow>`select ${UPLOAD_COLUMNS} from upload
      join unnest(${[...known.keys()]}::text[], ${[...known.values()]}::int[]) as watched (upload_id, seen)
        on watched.upload_id = upload.id and watched.seen <> upload.version
      where state <> 'receiving'`.execute(database.db)
    return rows.map(toUpload)
  },
})
