import { sql } from 'kysely'

import type {
  DeliveredContact,
  DeliveredContacts,
} from '../../workflows/ports/segments/segments.ts'
import type { UploadStore } from '../../workflows/ports/uploads/uploads.ts'
import type { Database } from '../homes/database.ts'

type Deps = { database: Database; readChunk: UploadStore['readChunk'] }

/** The register without what a clearing of the list has made untrue. */
const registered = (tenantId: string, contactListIds: readonly string[]) =>
  sql`register l join contact_register r on r.register_id = l.id
      left join list_clearing c on c.list_id = l.list_id
    where l.tenant_id = ${tenantId} and l.list_id = any(${[...contactListIds]}::text[])
      and r.accepted_seq >= coalesce(c.cleared_seq, 0)`

type UploadOfList = { upload_id: string; list_id: string; columns: string[]; lines: number[] }

/** Lines by upload, the newest contacts of each list first to be looked at by upload. */
const linesByUpload = async (
  { database }: Deps,
  tenantId: string,
  contactListIds: readonly string[],
  limit: number,
): Promise<UploadOfList[]> => {
  const { rows } = await sql<UploadOfList>`with known as (
      select r.upload_id, l.list_id, r.line from ${registered(tenantId, contactListIds)} limit ${limit})
    select k.upload_id, k.list_id, u.target_columns as columns, array_agg(k.line) as lines
    from known k join upload u on u.id = k.upload_id group by 1, 2, 3 order by 1`.execute(
    database.db,
  )
  return rows
}

const chunksOf = async ({ database }: Deps, uploadId: string): Promise<number[]> => {
  const { rows } = await sql<{ seq: number }>`select seq from chunk
    where upload_id = ${uploadId} order by seq`.execute(database.db)
  return rows.map(({ seq }) => seq)
}

const contactsOf = async function* (
  deps: Deps,
  { upload_id: uploadId, list_id: contactListId, columns, lines }: UploadOfList,
): AsyncGenerator<DeliveredContact> {
  const wanted = new Set(lines)
  const places = new Map(columns.map((column, at) => [column, at]))
  for (const seq of await chunksOf(deps, uploadId)) {
    const chunk = await deps.readChunk(uploadId, seq)
    for (const [row, line] of chunk.lines.entries()) {
      if (!wanted.has(line)) continue
      const start = row * chunk.width
      yield {
        contactListId,
        cellOf: (column) => {
          const at = places.get(column)
          return at === undefined ? undefined : chunk.cells[start + at]
        },
      }
    }
  }
}

/** What was delivered, read back from the staged rows; a chunk at a time is in memory. */
export const createDeliveredContacts = (deps: Deps): DeliveredContacts => ({
  count: async (tenantId, contactListIds) => {
    const { rows } = await sql<{ count: number }>`select count(*)::int as count
      from ${registered(tenantId, contactListIds)}`.execute(deps.database.db)
    return rows[0]?.count ?? 0
  },
  read: async function* (tenantId, contactListIds, limit) {
    for (const upload of await linesByUpload(deps, tenantId, contactListIds, limit)) {
      yield* contactsOf(deps, upload)
    }
  },
})
