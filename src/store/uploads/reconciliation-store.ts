import { sql } from 'kysely'

import type { ReconciliationStore } from '../../workflows/ports/uploads/reconciliation.ts'
import type { Outbox } from '../endpoints/outbox.ts'
import { inTransaction, type Database, type Tx } from '../homes/database.ts'
import { toUpload, UPLOAD_COLUMNS, type UploadRow } from './upload-row.ts'

type OpenRow = UploadRow & { reconcile_tries: number; reconcile_doubted: boolean }

const createReads = ({ db }: Database): Pick<ReconciliationStore, 'load' | 'jobs' | 'overdue'> => ({
  load: async (uploadId) => {
    const { rows } =
      await sql<OpenRow>`select ${UPLOAD_COLUMNS}, reconcile_tries, reconcile_doubted from upload
        where id = ${uploadId} and reconcile_at is not null`.execute(db)
    const row = rows[0]
    if (!row) return null
    return { upload: toUpload(row), tries: row.reconcile_tries, doubted: row.reconcile_doubted }
  },
  jobs: async (uploadId) => {
    const { rows } = await sql<{ job_id: string; rows: number }>`
      select job_id, rows from shipment
      where id in (select shipment_id from batch where upload_id = ${uploadId} and state = 'settled')
        and state = 'settled' and job_id is not null order by job_id`.execute(db)
    return rows.map((row) => ({ jobId: row.job_id, rows: row.rows }))
  },
  overdue: async (graceMs) => {
    const { rows } = await sql<{ id: string }>`select id from upload
      where reconcile_at < statement_timestamp() - make_interval(secs => ${graceMs / 1000}::float8)
      order by reconcile_at limit 100`.execute(db)
    return rows.map(({ id }) => id)
  },
})

/**
 * A sample that differs speaks of rows that nobody has looked at too: what the register has from the upload is known content no longer, so that
 * sending it again sends. An empty hash equals no content. In the order of their digests, as settlements write them.
 */
const doubtUpload = async (tx: Tx, upload: UploadRow): Promise<void> => {
  await sql`with theirs as (select register_id, contact_digest from contact_register
      where register_id = (select id from register
          where tenant_id = ${upload.tenant_id} and list_id = ${upload.contact_list_id})
        and upload_id = ${upload.id} order by contact_digest for update)
    update contact_register known set content_hash = ''::bytea from theirs
    where known.register_id = theirs.register_id and known.contact_digest = theirs.contact_digest
      and known.upload_id = ${upload.id}`.execute(tx)
}

export const createReconciliationStore = (deps: {
  database: Database
  outbox: Outbox
}): ReconciliationStore => ({
  ...createReads(deps.database),
  postpone: (uploadId, why, nextInMs) =>
    inTransaction(deps.database, async (tx) => {
      const { rows } = await sql`update upload set
          reconcile_at = clock_timestamp() + make_interval(secs => ${nextInMs / 1000}::float8),
          reconcile_tries = reconcile_tries + ${why === 'no-answer' ? 1 : 0}::int,
          reconcile_doubted = reconcile_doubted or ${why === 'doubt'}
        where id = ${uploadId} and reconcile_at is not null returning id`.execute(tx)
      if (rows.length === 1) await deps.outbox.reconcile(tx, uploadId, nextInMs)
    }),
  record: (uploadId, result) =>
    inTransaction(deps.database, async (tx) => {
      const { rows } =
        await sql<UploadRow>`update upload set reconciliation = ${JSON.stringify(result)}::jsonb, reconcile_at = null,
        reconciled_at = clock_timestamp(), updated_at = clock_timestamp(), version = version + 1
      where id = ${uploadId} and reconcile_at is not null returning ${UPLOAD_COLUMNS}`.execute(tx)
      const row = rows[0]
      if (!row || result.state !== 'differs') return
      await doubtUpload(tx, row)
      await deps.outbox.tell(tx, [{ type: 'upload.reconciled', upload: toUpload(row) }])
    }),
})
