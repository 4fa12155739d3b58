import { sql, type RawBuilder } from 'kysely'

import type { ErasureWork } from '../../workflows/ports/erasures/erasures.ts'
import type { Database, Db } from '../homes/database.ts'
import type { Keyring } from '../homes/keyring.ts'
import type { Seals } from '../homes/seals.ts'
import type { EncodeChunk } from '../uploads/chunk-codec.ts'

export type ErasingDeps = {
  database: Database
  keyring: Keyring
  seals: Seals
  digestKey: Buffer
  encodeChunk: EncodeChunk
}

/**
 * Erases the next lot of a step, from the position `after`, and stores the result. Returns the
 * position of the lot that follows. null: this was the last lot.
 */
export type EraseLot = (
  deps: ErasingDeps,
  work: ErasureWork,
  after: string | null,
) => Promise<string | null>

/** How many uploads one lot takes. */
const UPLOADS_A_LOT = 50

/**
 * The next uploads of the tenant after `after` whose rows are still stored, in the order of their
 * ids. If the erasure names a contact list, only uploads to that list. Uploads that are still being
 * received are left out, because they are not accepted yet.
 */
export const uploadsBehind = async (
  db: Db,
  { erasure }: Pick<ErasureWork, 'erasure'>,
  after: string | null,
): Promise<string[]> => {
  const inList =
    erasure.contactListId === null ? sql`` : sql`and contact_list_id = ${erasure.contactListId}`
  const { rows } = await sql<{ id: string }>`select id from upload
    where tenant_id = ${erasure.tenantId} and id > ${after ?? ''} and state <> 'receiving' and data_key is not null ${inList}
    order by id limit ${UPLOADS_A_LOT}`.execute(db)
  return rows.map(({ id }) => id)
}

/** Where the next lot begins. null: there is none. */
export const nextAfter = (ids: readonly string[]): string | null =>
  ids.length < UPLOADS_A_LOT ? null : ids.at(-1)!

/** The ids as one parameter of a statement, for `any(…)`. */
export const idsOf = (ids: readonly string[]): RawBuilder<unknown> => sql`${[...ids]}::text[]`
