import { sql, type RawBuilder } from 'kysely'

import type { SeenState } from '../../domain/uploads/upload.ts'
import { SEEN_STATES } from '../../domain/uploads/upload.ts'
import type { UploadFilter, UploadStore } from '../../workflows/ports/uploads/uploads.ts'
import { withWaits } from '../delivery/lane-waits.ts'
import type { Database } from '../homes/database.ts'
import { idOfCursor, pageOfRows } from '../homes/page-cursor.ts'
import type { Seals } from '../homes/seals.ts'
import { toUpload, UPLOAD_COLUMNS, type UploadRow } from './upload-row.ts'

/**
 * The newest of each state, of which the newest are taken: however rare a state is, an index gives
 * them without a look at the others. The states stand in the statement as literals, so that the
 * planner knows the partial indexes again.
 */
const newestOf = (
  states: readonly SeenState[],
  where: RawBuilder<unknown>,
  limit: number,
): RawBuilder<unknown> =>
  sql`select id from (${sql.join(
    states.map(
      (state) => sql`(select id from upload where ${where} and state = ${sql.raw(`'${state}'`)}
        order by id desc limit ${limit})`,
    ),
    sql` union all `,
  )}) as newest order by id desc limit ${limit}`

/** The conditions that leave few uploads, each with an index of its own. */
const narrowedBy = (
  seals: Seals,
  { sha256, fileName, createdFrom, createdTo }: UploadFilter,
): RawBuilder<unknown> => {
  const conditions = [
    fileName === undefined ? sql`` : sql`and file_name_digest = ${seals.fileNameDigest(fileName)}`,
    sha256 === undefined ? sql`` : sql`and source ->> 'sha256' = ${sha256}`,
    createdFrom === undefined ? sql`` : sql`and created_at >= ${createdFrom}`,
    createdTo === undefined ? sql`` : sql`and created_at < ${createdTo}`,
  ]
  return sql.join(conditions, sql` `)
}

const rowsOf = (
  seals: Seals,
  tenantId: string,
  filter: UploadFilter,
  older: RawBuilder<unknown>,
  limit: number,
): RawBuilder<UploadRow> => {
  const { states, contactListId } = filter
  const own = sql`tenant_id = ${tenantId} ${older} ${narrowedBy(seals, filter)}`
  if (states === undefined && contactListId === undefined) {
    return sql<UploadRow>`select ${UPLOAD_COLUMNS} from upload
      where ${own} and state <> 'receiving' order by id desc limit ${limit}`
  }
  const ofList = contactListId === undefined ? sql`` : sql`and contact_list_id = ${contactListId}`
  const ids = newestOf([...new Set(states ?? SEEN_STATES)], sql`${own} ${ofList}`, limit)
  return sql<UploadRow>`select ${UPLOAD_COLUMNS} from upload where id in (${ids}) order by id desc`
}

/** A tenant's uploads by pages. */
export const createUploadPages = ({ db }: Database, seals: Seals): Pick<UploadStore, 'list'> => ({
  list: async (tenantId, page) => {
    const before = page.cursor === null ? null : idOfCursor(page.cursor)
    if (page.cursor !== null && before === null) return null
    const older = before === null ? sql`` : sql`and id < ${before}`
    const { rows } = await rowsOf(seals, tenantId, page, older, page.limit + 1).execute(db)
    const found = pageOfRows(rows.map(toUpload), page.limit)
    return { ...found, items: await withWaits(db, found.items) }
  },
})
