import { sql } from 'kysely'

import { lacksContacts, type ReconciliationResult } from '../../domain/uploads/reconciliation.ts'
import type { ReconciliationStore } from '../../workflows/ports/uploads/reconciliation.ts'
import { MISSING } from '../delivery/compare-contacts.ts'
import type { Outbox } from '../endpoints/outbox.ts'
import { inTransaction, type Database, type Tx } from '../homes/database.ts'
import { toUpload, UPLOAD_COLUMNS, type UploadRow } from './upload-row.ts'

type OpenRow = UploadRow & { reconcile_tries: number; reconcile_doubted: boolean }

const createReads = ({ db }: Database): Pick<ReconciliationStore, 'load' | 'jobs' | 'overdue'> => ({
  load: async (uploadId) => {
    const { rows } =
      await sql<OpenRow>`with asked as (select tenant_id, lane_key, reconcile_at from upload where id = ${uploadId})
      select ${UPLOAD_COLUMNS}, reconcile_tries, reconcile_doubted from upload
        where reconcile_at = (select reconcile_at from asked) and lane_key = (select lane_key from asked)
          and tenant_id = (select tenant_id from asked) order by accepted_seq`.execute(db)
    return rows.map((row) => ({
      upload: toUpload(row),
      tries: row.reconcile_tries,
      doubted: row.reconcile_doubted,
    }))
  },
  jobs: async (uploadIds) => {
    const { rows } = await sql<{ upload_id: string; job_id: string; rows: number }>`
      select distinct batch.upload_id, shipment.job_id, shipment.rows from batch join shipment on shipment.id = batch.shipment_id
      where batch.upload_id = any(${uploadIds}::text[]) and batch.state = 'settled'
        and shipment.state = 'settled' and shipment.job_id is not null
        and coalesce(batch.ended, 'completed') = 'completed'
      order by shipment.job_id, batch.upload_id`.execute(db)
    return rows.map((row) => ({ uploadId: row.upload_id, jobId: row.job_id, rows: row.rows }))
  },
  overdue: async (graceMs) => {
    const { rows } = await sql<{ id: string }>`select id from upload
      where reconcile_at < statement_timestamp() - make_interval(secs => ${graceMs / 1000}::float8)
      order by reconcile_at limit 100`.execute(db)
    return rows.map(({ id }) => id)
  },
})

/**
 * Makes the register forget the content of the upload. If a sample differs from Genesys, the rows
 * outside the sample are in doubt too. An empty hash equals no content, so a later upload sends the
 * contacts again, unless it leaves out every known contact (`duplicates=skip`). If contacts are
 * missing, they are no longer known either. Writes in the order of the digests, as settlements do.
 */
const doubtUpload = async (
  tx: Tx,
  upload: UploadRow,
  result: ReconciliationResult,
): Promise<void> => {
  const hash = lacksContacts(result) ? MISSING : sql`''::bytea`
  await sql`with theirs as (select register_id, contact_digest from contact_register
      where register_id = (select id from register
          where tenant_id = ${upload.tenant_id} and list_id = ${upload.contact_list_id})
        and upload_id = ${upload.id} order by contact_digest for update)
    update contact_register known set content_hash = ${hash} from theirs
    where known.register_id = theirs.register_id and known.contact_digest = theirs.contact_digest
      and known.upload_id = ${upload.id}`.execute(tx)
}

/**
 * The SQL store of reconciliations. `postpone` sends one job for all uploads: `load` finds them by
 * the time at which they are due.
 */
export const createReconciliationStore = (deps: {
  database: Database
  outbox: Outbox
}): ReconciliationStore => ({
  ...createReads(deps.database),
  postpone: (uploadIds, why, nextInMs) =>
    inTransaction(deps.database, async (tx) => {
      const { rows } = await sql<{ id: string }>`update upload set
          reconcile_at = (select clock_timestamp()) + make_interval(secs => ${nextInMs / 1000}::float8),
          reconcile_tries = reconcile_tries + ${why === 'no-answer' ? 1 : 0}::int,
          reconcile_doubted = reconcile_doubted or ${why === 'doubt'}
        where id = any(${uploadIds}::text[]) and reconcile_at is not null returning id`.execute(tx)
      const one = rows.at(-1)
      if (one !== undefined) await deps.outbox.reconcile(tx, one.id, nextInMs)
    }),
  record: (uploadId, result) =>
    inTransaction(deps.database, async (tx) => {
      const { rows } =
        await sql<UploadRow>`update upload set reconciliation = ${JSON.stringify(result)}::jsonb, reconcile_at = null,
        reconciled_at = clock_timestamp(), updated_at = clock_timestamp(), version = version + 1
      where id = ${uploadId} and reconcile_at is not null returning ${UPLOAD_COLUMNS}`.execute(tx)
      const row = rows[0]
      if (!row || result.state !== 'differs') return
      await doubtUpload(tx, row, result)
      await deps.outbox.tell(tx, [{ type: 'upload.reconciled', upload: toUpload(row) }])
    }),
})
