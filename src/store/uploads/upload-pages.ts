import { sql, type RawBuilder } from 'kysely'

import type { SeenState } from '../../domain/uploads/upload.ts'
import { SEEN_STATES } from '../../domain/uploads/upload.ts'
import type { UploadFilter, UploadStore } from '../../workflows/ports/uploads/uploads.ts'
import type { Database } from '../homes/database.ts'
import { idOfCursor, pageOfRows } from '../homes/page-cursor.ts'
import { toUpload, UPLOAD_COLUMNS, type UploadRow } from './upload-row.ts'

/**
 * The newest of each state, of which the newest are taken: however rare a state is, an index gives them without a look at the others.
 * The states stand in the statement as literals, so that the planner knows the partial indexes again.
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

const rowsOf = (
  tenantId: string,
  { states, contactListId }: UploadFilter,
  older: RawBuilder<unknown>,
  limit: number,
): RawBuilder<UploadRow> => {
  const own = sql`tenant_id = ${tenantId} ${older}`
  if (states === undefined && contactListId === undefined) {
    return sql<UploadRow>`select ${UPLOAD_COLUMNS} from upload
      where ${own} and state <> 'receiving' order by id desc limit ${limit}`
  }
  const ofList = contactListId === undefined ? sql`` : sql`and contact_list_id = ${contactListId}`
  const ids = newestOf([...new Set(states ?? SEEN_STATES)], sql`${own} ${ofList}`, limit)
  return sql<UploadRow>`select ${UPLOAD_COLUMNS} from upload where id in (${ids}) order by id desc`
}

/** A tenant's uploads by pages. */
export const createUploadPages = ({ db }: Database): Pick<UploadStore, 'list'> => ({
  list: async (tenantId, page) => {
    const before = page.cursor === null ? null : idOfCursor(page.cursor)
    if (page.cursor !== null && before === null) return null
    const older = before === null ? sql`` : sql`and id < ${before}`
    const { rows } = await rowsOf(tenantId, page, older, page.limit + 1).execute(db)
    return pageOfRows(rows.map(toUpload), page.limit)
  },
})
