import { sql } from 'kysely'

import type { Clearing, DeliveryStore } from '../../workflows/ports/delivery/delivery.ts'
import { appendAudit } from '../audit/audit-store.ts'
import { inTransaction, type Database, type Tx } from '../homes/database.ts'
import { lockFenced, lockWorking } from './fence.ts'

/**
 * How many rows of the register one statement deletes. With so few, other statements hardly wait.
 */
const SLICE = 20_000

type ClearingRow = {
  state: Clearing['state']
  size_before: string | null
  cleared_seq: string | null
  newer: boolean
}

/**
 * Counts the contacts of the list's registers again after a clearing was recorded. Only contacts
 * from the upload of this clearing or from later uploads still count. Call it with the lane locked.
 */
const countAfterClearing = async (tx: Tx, listId: string, clearedSeq: string): Promise<void> => {
  await sql`select from register where list_id = ${listId} order by id for update`.execute(tx)
  await sql`update register set contacts = case when newest_seq < ${clearedSeq}::bigint then 0 else
      (select count(*) from contact_register where register_id = register.id and accepted_seq >= ${clearedSeq}::bigint) end
    where list_id = ${listId}`.execute(tx)
}

/** The steps that follow the recorded intent to clear a list. */
const createSteps = (
  database: Database,
): Pick<DeliveryStore, 'askedToClear' | 'recordCleared'> => ({
  askedToClear: (claim, uploadId) =>
    inTransaction(database, async (tx) => {
      await lockFenced(tx, claim, uploadId)
      await sql`update upload set clearing = 'asked' where id = ${uploadId} and clearing = 'intended'`.execute(
        tx,
      )
    }),
  recordCleared: (claim, { uploadId, audit }) =>
    inTransaction(database, async (tx) => {
      const upload = await lockFenced(tx, claim, uploadId)
      const { rows } = await sql`update upload set clearing = 'done', version = version + 1,
          updated_at = clock_timestamp()
        where id = ${uploadId} and clearing in ('intended', 'asked') returning id`.execute(tx)
      if (rows.length === 0) return
      const { rows: lists } = await sql<{ cleared_seq: string }>`update list_clearing
        set cleared_seq = greatest(cleared_seq, ${upload.accepted_seq}::bigint), cleared_at = clock_timestamp()
        where list_id = ${upload.contact_list_id} returning cleared_seq`.execute(tx)
      for (const list of lists)
        await countAfterClearing(tx, upload.contact_list_id, list.cleared_seq)
      await appendAudit(tx, [audit])
    }),
})

/** Stores the steps of clearing a list for an overwrite. */
export const createClearing = (
  database: Database,
): Pick<
  DeliveryStore,
  'clearing' | 'intendClearing' | 'askedToClear' | 'recordCleared' | 'forgetCleared'
> => ({
  clearing: async (upload) => {
    const { rows } =
      await sql<ClearingRow>`select u.clearing as state, u.clearing_size_before as size_before,
        (select cleared_seq from list_clearing where list_id = u.contact_list_id) as cleared_seq,
        u.mode = 'overwrite' and exists (select from upload later where later.lane_key || '' = u.lane_key and later.accepted_seq > u.accepted_seq
          and coalesce(later.content_seq, later.accepted_seq) > u.accepted_seq
          and later.rows_delivered + later.rows_unchanged > 0) as newer
      from upload u where u.id = ${upload.id}`.execute(database.db)
    const row = rows[0]
    if (!row) throw new Error(`Upload ${upload.id} is gone`)
    return {
      state: row.state,
      sizeBefore: row.size_before === null ? null : Number(row.size_before),
      clearedSeq: Number(row.cleared_seq ?? 0),
      newerDelivered: row.newer,
    }
  },
  intendClearing: (claim, { uploadId, sizeBefore, audit }) =>
    inTransaction(database, async (tx) => {
      const upload = await lockWorking(tx, claim, uploadId)
      const { rows } =
        await sql`update upload set clearing = 'intended', clearing_size_before = ${sizeBefore}::bigint
        where id = ${uploadId} and clearing is null returning id`.execute(tx)
      if (rows.length === 0) return
      await sql`insert into list_clearing as known (list_id, doubt_seq)
        values (${upload.contact_list_id}, ${upload.accepted_seq}::bigint)
        on conflict (list_id) do update set doubt_seq = greatest(known.doubt_seq, excluded.doubt_seq)`.execute(
        tx,
      )
      await appendAudit(tx, [audit])
    }),
  ...createSteps(database),
  forgetCleared: async (listId) => {
    const cleared = sql`(select cleared_seq from list_clearing where list_id = ${listId})`
    // The condition on `accepted_seq` is checked again when a row is deleted. A row that a
    // settlement has written in the meantime must stay, although its `ctid` was chosen.
    const { rows } = await sql`delete from contact_register where ctid = any (array(
        select known.ctid from register join contact_register known on known.register_id = register.id
        where register.list_id = ${listId} and known.accepted_seq < ${cleared}
        limit ${SLICE}::int)) and accepted_seq < ${cleared} returning 1`.execute(database.db)
    return rows.length > 0
  },
})
