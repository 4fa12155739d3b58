import { sql, type RawBuilder } from 'kysely'

import type { SeenState } from '../../domain/uploads/upload.ts'
import { SEEN_STATES } from '../../domain/uploads/upload.ts'
import { nearestStorable } from '../../lib/storable-time.ts'
import type { UploadFilter, UploadStore } from '../../workflows/ports/uploads/uploads.ts'
import { withWaits } from '../delivery/lane-waits.ts'
import type { Database } from '../homes/database.ts'
import { idOfCursor, pageOfRows } from '../homes/page-cursor.ts'
import type { Seals } from '../homes/seals.ts'
import { toUpload, UPLOAD_COLUMNS, type UploadRow } from './upload-row.ts'

/**
 * Selects the newest uploads of each state, and then the newest of all these. So even the uploads
 * of a rare state are found by an index, without reading others. States are literals in the text,
 * so that the planner recognises the partial indexes.
 */
export const newestOf = (
  states: readonly SeenState[],
  where: RawBuilder<unknown>,
  { order, limit }: { order: RawBuilder<unknown>; limit: number },
): RawBuilder<unknown> =>
  sql`select id from (${sql.join(
    states.map(
      (state) =>
        sql`(select id, created_at from upload where ${where} and state = ${sql.raw(`'${state}'`)}
        order by ${order} limit ${limit})`,
    ),
    sql` union all `,
  )}) as newest order by ${order} limit ${limit}`

/**
 * The order of a page, and the condition for uploads that are older than the upload `before`.
 * Uploads of a period are read in the order of their times. Otherwise an index on ids would be read
 * from today back to that period.
 */
const orderOf = (
  { createdFrom, createdTo }: UploadFilter,
  before: string | null,
): { order: RawBuilder<unknown>; older: RawBuilder<unknown> } => {
  if (createdFrom === undefined && createdTo === undefined) {
    return { order: sql`id desc`, older: before === null ? sql`` : sql`and id < ${before}` }
  }
  const order = sql`created_at desc, id desc`
  if (before === null) return { order, older: sql`` }
  const last = sql`from upload l where l.id = ${before}`
  const older = sql`and created_at <= (select l.created_at ${last})
    and (created_at, id) < (select l.created_at, l.id ${last})`
  return { order, older }
}

/** The conditions that few uploads meet. Each has a separate index. */
const narrowedBy = (
  seals: Seals,
  { sha256, fileName, createdFrom, createdTo }: UploadFilter,
): RawBuilder<unknown> => {
  const conditions = [
    fileName === undefined ? sql`` : sql`and file_name_digest = ${seals.fileNameDigest(fileName)}`,
    sha256 === undefined ? sql`` : sql`and source ->> 'sha256' = ${sha256}`,
    createdFrom === undefined ? sql`` : sql`and created_at >= ${nearestStorable(createdFrom)}`,
    createdTo === undefined ? sql`` : sql`and created_at < ${nearestStorable(createdTo)}`,
  ]
  return sql.join(conditions, sql` `)
}

const rowsOf = (
  seals: Seals,
  tenantId: string,
  filter: UploadFilter,
  before: string | null,
  limit: number,
): RawBuilder<UploadRow> => {
  const { order, older } = orderOf(filter, before)
  const { states, contactListId } = filter
  const own = sql`tenant_id = ${tenantId} ${older} ${narrowedBy(seals, filter)}`
  if (states === undefined && contactListId === undefined) {
    return sql<UploadRow>`select ${UPLOAD_COLUMNS} from upload
      where ${own} and state <> 'receiving' order by ${order} limit ${limit}`
  }
  const ofList = contactListId === undefined ? sql`` : sql`and contact_list_id = ${contactListId}`
  const ids = newestOf([...new Set(states ?? SEEN_STATES)], sql`${own} ${ofList}`, { order, limit })
  return sql<UploadRow>`select ${UPLOAD_COLUMNS} from upload where id in (${ids}) order by ${order}`
}

/** A tenant's uploads, page by page, and how many of them are held. */
export const createUploadPages = (
  { db }: Database,
  seals: Seals,
): Pick<UploadStore, 'list' | 'countHeld'> => ({
  list: async (tenantId, page) => {
    const before = page.cursor === null ? null : idOfCursor(page.cursor)
    if (page.cursor !== null && before === null) return null
    const { rows } = await rowsOf(seals, tenantId, page, before, page.limit + 1).execute(db)
    const found = pageOfRows(rows.map(toUpload), page.limit)
    return { ...found, items: await withWaits(db, found.items) }
  },
  countHeld: async (tenantId, reasons) => {
    // With the state as a literal, this query can use the small index of open uploads.
    const { rows } = await sql<{ count: number }>`select count(*)::int as count from upload
      where tenant_id = ${tenantId} and state = 'held'
        and hold_reason = any(${[...reasons]}::text[])`.execute(db)
    return rows[0]!.count
  },
})
