import { sql } from 'kysely'

import { RETENTION_RULES } from '../../domain/retention/retention-rules.ts'
import { uploadOptionsSchema } from '../../domain/uploads/upload-options.ts'
import type { UploadStore } from '../../workflows/ports/uploads/uploads.ts'
import { appendAudit } from '../audit/audit-store.ts'
import { CERTAIN_NOW } from '../clock/steady-time.ts'
import type { Outbox } from '../endpoints/outbox.ts'
import { inTransaction, type Database } from '../homes/database.ts'
import { createControl, goOn, lockOwn } from './control.ts'
import { erasedRows } from './stage.ts'
import { toUpload } from './upload-row.ts'

/**
 * A read of an upload's rows may begin until this many days after the end of the upload. The rows
 * are deleted an hour later, so that reads that began before can end.
 */
const ROWS_KEPT_DAYS = RETENTION_RULES['staged-rows'].keptDays

type StagingRow = { options: unknown; plan_basis: string; rows_kept: boolean; erased: number }

/** The SQL store for what callers do with uploads and with plans. */
export const createControls = (deps: {
  database: Database
  outbox: Outbox
}): Pick<UploadStore, 'control' | 'staging' | 'apply' | 'replan'> => ({
  control: createControl(deps),
  staging: async (tenantId, uploadId) => {
    const { rows } = await sql<StagingRow>`select options, plan_basis,
        data_key is not null and exists (select from chunk where upload_id = upload.id)
          and coalesce(completed_at >= ${CERTAIN_NOW} - make_interval(days => ${ROWS_KEPT_DAYS}::int), true) as rows_kept,
        ${erasedRows(sql`upload.id`)} as erased
      from upload where id = ${uploadId} and tenant_id = ${tenantId} and state <> 'receiving'`.execute(
      deps.database.db,
    )
    const row = rows[0]
    if (row === undefined) return null
    // A gateway that did not store options yet left `{}` here. Every option then has its default.
    const options = uploadOptionsSchema.parse(row.options)
    const { plan_basis: planBasis, rows_kept: rowsKept, erased } = row
    return { options, planBasis, rowsKept, erased }
  },
  apply: (input) =>
    inTransaction(deps.database, async (tx) => {
      const row = await lockOwn(tx, input)
      if (row === null) return null
      const done = { kind: 'done', unsettled: null } as const
      if (row.hold_reason !== 'apply') {
        const again = row.applied_at !== null && row.plan_digest === input.planDigest
        return again ? { ...done, upload: toUpload(row) } : { kind: 'refused', state: row.state }
      }
      const applied = sql`applied_at = clock_timestamp(), plan_digest = ${input.planDigest},
        schema_version = ${input.schemaVersion},`
      const now = await goOn(tx, row, applied)
      await appendAudit(tx, [input.audit])
      return { ...done, upload: toUpload(now) }
    }),
  replan: (tenantId, uploadId, planDigest) =>
    inTransaction(deps.database, async (tx) => {
      const row = await lockOwn(tx, { tenantId, uploadId })
      if (row?.hold_reason !== 'apply' || row.plan_digest === planDigest) return
      await sql`update upload set plan_digest = ${planDigest}, version = version + 1,
          updated_at = clock_timestamp() where id = ${uploadId}`.execute(tx)
    }),
})
