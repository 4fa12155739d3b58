import { sql } from 'kysely'

import type { LaneClaim } from '../../../workflows/ports/delivery/delivery.ts'
import type { EndedUpload, SettledUpload } from '../../../workflows/ports/delivery/shipments.ts'
import type { Tx } from '../../homes/database.ts'
import { countsOf, LANE_STATES_SQL, type UploadRow } from '../../uploads/upload-row.ts'

/**
 * The columns of an upload that a settlement reads again, perhaps for hundreds of uploads. Leaves
 * out large columns that do not change, for example the options and the columns of the file. These
 * large columns take most of the space of a row.
 */
const READ_AGAIN = [
  ...(['id', 'tenant_id', 'contact_list_id', 'accepted_seq', 'content_seq'] as const),
  ...(['state', 'version', 'schema_version', 'problem'] as const),
  ...([
    'rows_read',
    'rows_accepted',
    'rows_rejected',
    'rows_duplicates',
    'rows_suppressed',
  ] as const),
  ...(['rows_blank', 'rows_delivered', 'rows_unchanged', 'rows_failed'] as const),
  ...(['rows_unprocessed', 'created_at', 'updated_at', 'completed_at'] as const),
] as const

export type SettledRow = Pick<UploadRow, (typeof READ_AGAIN)[number]> & { sha256: string }

/** An upload that a settlement has ended, in the form in which its end is reported. */
export const toEnded = (row: SettledRow): EndedUpload => ({
  id: row.id,
  tenantId: row.tenant_id,
  contactListId: row.contact_list_id,
  state: row.state,
  hold: null,
  problem: row.problem,
  counts: countsOf(row),
  version: row.version,
  createdAt: row.created_at.toISOString(),
  updatedAt: row.updated_at.toISOString(),
  source: { sha256: row.sha256 },
})

/**
 * Writes the outcome of a shipment to each of its uploads that has not ended, in one statement.
 * Each row finds its outcome by its id. A join would compare every upload with every outcome
 * whenever the planner expects few uploads in the lane.
 */
export const writeUploads = async (
  tx: Tx,
  claim: LaneClaim,
  settled: readonly SettledUpload[],
): Promise<SettledRow[]> => {
  const ids = settled.map(({ uploadId }) => uploadId)
  const outcomes = Object.fromEntries(
    settled.map(({ uploadId, counts, superseded }) => [uploadId, { superseded, ...counts }]),
  )
  const ends = sql`upload.state in (${LANE_STATES_SQL}) and cancel_requested_at is null
    and g.delivered + g.unchanged + g.failed + g.unprocessed = rows_accepted`
  const lost = sql`g.failed > 0 and g.delivered + g.unchanged = 0`
  const { rows } =
    await sql<SettledRow>`update upload set version = version + 1, updated_at = clock_timestamp(),
      told_hold = null, settled_at = clock_timestamp(),
      (rows_delivered, rows_unchanged, rows_failed, rows_unprocessed, batches_delivered, batches_failed, state, completed_at) = (
        select g.delivered, g.unchanged, g.failed, g.unprocessed,
          batches_delivered + case when ${lost} then 0 else 1 end, batches_failed + case when ${lost} then 1 else 0 end,
          case when ${ends} then case when rows_rejected + g.failed + g.unprocessed - g.superseded > 0
            then 'completed_with_errors' else 'completed' end else upload.state end,
          case when ${ends} then clock_timestamp() end
        from jsonb_to_record(${JSON.stringify(outcomes)}::jsonb -> upload.id)
          as g (superseded int, delivered int, unchanged int, failed int, unprocessed int))
    where id = any(${ids}::text[]) and lane_key = ${claim.key} and completed_at is null
    returning ${sql.raw(READ_AGAIN.join(', '))}, source ->> 'sha256' as sha256`.execute(tx)
  return rows
}
