import { sql } from 'kysely'

import type { DeliveryStore } from '../../workflows/ports/delivery/delivery.ts'
import type { Database, Tx } from '../homes/database.ts'
import type { UploadRow } from '../uploads/upload-row.ts'

/**
 * The lane's lock keeps others from these rows. An empty hash equals no content, so that whatever comes next is sent, even if
 * this upload is cancelled, fails or hears of failures without names while Genesys has taken some of it.
 */
export const doubtContent = async (
  tx: Tx,
  upload: UploadRow,
  contactIds: readonly string[],
): Promise<void> => {
  if (contactIds.length === 0) return
  await sql`update contact_register set content_hash = ''::bytea
    where tenant_id = ${upload.tenant_id} and list_id = ${upload.contact_list_id}
      and contact_id = any(${[...contactIds]}::text[])`.execute(tx)
}

/** What Genesys holds by our knowledge. Entries from before the list was overwritten do not count (`list_clearing`). */
export const createRegister = ({
  db,
}: Database): Pick<DeliveryStore, 'registered' | 'registerSize'> => ({
  registered: async (tenantId, listId, contactIds) => {
    const { rows } = await sql<{
      contact_id: string
      content_hash: Buffer
      accepted_seq: string
    }>`select contact_id, accepted_seq,
          case when accepted_seq < coalesce(doubt_seq, 0) then ''::bytea else content_hash end as content_hash
        from contact_register left join list_clearing using (list_id)
        where tenant_id = ${tenantId} and list_id = ${listId} and contact_id = any(${[...contactIds]}::text[])
          and accepted_seq >= coalesce(cleared_seq, 0)`.execute(db)
    return new Map(
      rows.map((row) => [
        row.contact_id,
        { contentHash: row.content_hash, acceptedSeq: Number(row.accepted_seq) },
      ]),
    )
  },
  registerSize: async (tenantId, listId) => {
    const { rows } = await sql<{ size: string }>`select count(*) as size
        from contact_register left join list_clearing using (list_id)
        where tenant_id = ${tenantId} and list_id = ${listId} and accepted_seq >= coalesce(cleared_seq, 0)`.execute(
      db,
    )
    return Number(rows[0]!.size)
  },
})
