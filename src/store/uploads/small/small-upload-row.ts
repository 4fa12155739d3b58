import type { Upload } from '../../../domain/uploads/upload.ts'
import type { SmallUpload } from '../../../workflows/ports/uploads/small-uploads.ts'
import { toUpload, type UploadRow } from '../upload-row.ts'

/** As the table's defaults have it. */
const UNTOUCHED = {
  accepted_seq: null,
  content_seq: null,
  parent_id: null,
  child_ids: [],
  state: 'staged',
  hold_reason: null,
  hold_since: null,
  held_from: null,
  told_hold: null,
  version: 1,
  batches_total: 1,
  batches_delivered: 0,
  batches_failed: 0,
  rows_delivered: 0,
  rows_unchanged: 0,
  rows_failed: 0,
  rows_unprocessed: 0,
  rows_unidentified: 0,
  rows_unattributed: 0,
  plan: null,
  applied_at: null,
  not_before: null,
  problem: null,
  completed_at: null,
  cancel_requested_at: null,
  same_file_as: null,
  reconciliation: null,
  reconciled_at: null,
  mark_rows: null,
  mark_at: null,
  next_mark_rows: null,
  next_mark_at: null,
  settled_at: null,
} as const satisfies Partial<UploadRow>

/** The columns that are written for a small upload, and the upload as whoever reads it back finds it, but for its place in the lane. */
export const stagedSmallUpload = ({ begun, staging, at }: SmallUpload) => {
  const { counts, delivery } = staging
  const row = {
    id: begun.id,
    tenant_id: begun.tenantId,
    contact_list_id: begun.contactListId,
    lane_key: begun.laneKey,
    mode: begun.mode,
    duplicates: begun.duplicates,
    method: delivery.method,
    duplicate_check_field: delivery.duplicateCheckField,
    source: staging.source,
    schema_version: staging.schemaVersion,
    request_id: begun.requestId,
    owner: begun.owner,
    columns: staging.columns,
    target_columns: staging.targetColumns,
    rejections: staging.rejections,
    rows_read: counts.read,
    rows_accepted: counts.accepted,
    rows_rejected: counts.rejected,
    rows_duplicates: counts.duplicates,
    rows_suppressed: counts.suppressed,
    rows_blank: counts.blank,
    options: staging.options,
    plan_digest: staging.planDigest,
    plan_basis: staging.planBasis,
  }
  const upload = toUpload({
    ...UNTOUCHED,
    ...row,
    child_ids: [],
    reconcile_at: null,
    created_at: at,
    updated_at: at,
  } as UploadRow)
  return { row, upload }
}

/** In the place of the id of an upload with the same file, which only the database knows. */
const PLACEHOLDER = '$same-file'

/** How the answer reads where an earlier upload had the same file: what stands before and after its id. */
export const aroundSameFile = (
  body: string,
  answer: (upload: Upload) => { body: string },
  upload: Upload,
): [string, string] => {
  const other = answer({ ...upload, sameFileAs: PLACEHOLDER }).body
  let from = 0
  while (from < body.length && body[from] === other[from]) from += 1
  // Looked for where the answers begin to differ: before it, a name in the file may read like this.
  const at = other.indexOf(PLACEHOLDER, from)
  return [other.slice(0, at), other.slice(at + PLACEHOLDER.length)]
}
