import type { Upload } from '../../../domain/uploads/upload.ts'
import type { SmallUpload } from '../../../workflows/ports/uploads/small-uploads.ts'
import { toUpload, UNTOUCHED, type UploadRow } from '../upload-row.ts'

/**
 * The columns to write for a small upload, and the upload as it is read later, but without its
 * place in the lane.
 */
export const stagedSmallUpload = ({ begun, staging, at }: SmallUpload) => {
  const { counts, delivery } = staging
  const row = {
    id: begun.id,
    tenant_id: begun.tenantId,
    contact_list_id: begun.contactListId,
    lane_key: begun.laneKey,
    mode: begun.mode,
    duplicates: begun.duplicates,
    queue: staging.queue,
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
    suppression_epochs: staging.suppressionEpochs,
    registries: staging.registries,
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

/**
 * A placeholder for the id of an earlier upload with the same file. The statement that stages the
 * upload finds this id.
 */
const PLACEHOLDER = '$same-file'

/** The parts of the answer before and after the id of an earlier upload with the same file. */
export const aroundSameFile = (
  body: string,
  answer: (upload: Upload) => { body: string },
  upload: Upload,
): [string, string] => {
  const other = answer({ ...upload, sameFileAs: PLACEHOLDER }).body
  let from = 0
  while (from < body.length && body[from] === other[from]) from += 1
  // Searched only from the place where the two answers differ. Before this place, the name of a
  // file could contain the placeholder.
  const at = other.indexOf(PLACEHOLDER, from)
  return [other.slice(0, at), other.slice(at + PLACEHOLDER.length)]
}
