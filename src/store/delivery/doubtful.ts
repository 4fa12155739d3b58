import { sql } from 'kysely'

import type { Tx } from '../homes/database.ts'

/**
 * Whether Genesys may have rows of the upload because of a request that was given up in doubt, and
 * that no settled request has replaced.
 */
export const isInDoubt = async (tx: Tx, uploadId: string): Promise<boolean> => {
  const { rows } = await sql`select from (${doubtfulOf(uploadId)}) as doubtful limit 1`.execute(tx)
  return rows.length > 0
}

const doubtfulOf = (uploadId: string) =>
  sql`select given.id, given.chunk_seq, given.from_row, given.to_row, given.sent from batch given
    join shipment on shipment.id = given.shipment_id
    where given.upload_id = ${uploadId} and given.state = 'split' and doubtful
      and not exists (select from batch other join shipment s on s.id = other.shipment_id
        where other.upload_id = given.upload_id and other.chunk_seq = given.chunk_seq and other.from_row < given.to_row
          and other.to_row > given.from_row and other.state <> 'split' and (other.state = 'settled' or s.attempts > s.refused_tries))
    order by given.chunk_seq, given.from_row, shipment.number desc`

type Doubtful = { id: string; chunk_seq: number; from_row: number; to_row: number; sent: Buffer }

/** The batches for one range of rows as one batch: the newest, with the rows of all of them. */
const together = (same: readonly Doubtful[]): Doubtful => {
  const [newest] = same
  const sent = Buffer.from(newest!.sent)
  for (const one of same) for (const at of sent.keys()) sent[at]! |= one.sent[at] ?? 0
  return { ...newest!, sent }
}

/**
 * Opens the upload's doubtful batches again as sent, because the upload sends nothing more. Their
 * rows then end as rows whose outcome is unknown. Gives up the batches that replaced them, of which
 * Genesys took no row. Call it with the upload locked.
 */
export const reopenDoubtful = async (tx: Tx, uploadId: string): Promise<void> => {
  const { rows } = await sql<Doubtful>`${doubtfulOf(uploadId)}`.execute(tx)
  const ranges = Map.groupBy(rows, (row) => `${row.chunk_seq}:${row.from_row}:${row.to_row}`)
  for (const same of ranges.values()) {
    const { id, chunk_seq: seq, from_row: from, to_row: to, sent } = together(same)
    await sql`update batch set state = 'split' where upload_id = ${uploadId} and state in ('intended', 'sent') and chunk_seq = ${seq}
      and from_row < ${to}::int and to_row > ${from}::int
      and exists (select from shipment s where s.id = batch.shipment_id and s.attempts = s.refused_tries)`.execute(
      tx,
    )
    // The request was given up although it had a job, so the job does not tell the outcome.
    await sql`with opened as (update batch set state = 'sent', sent = ${sent}::bytea where id = ${id} returning shipment_id)
      update shipment set job_id = null from opened where shipment.id = shipment_id`.execute(tx)
  }
}
