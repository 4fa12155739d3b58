import { sql, type RawBuilder } from 'kysely'

import type { StageUpload } from '../../workflows/ports/uploads/uploads.ts'

/**
 * An expression for the statement that stages `upload`: the id of the newest earlier upload that
 * has the same bytes, tenant and contact list. null for a retry, because a retry sends rows of a
 * file again on purpose.
 *
 * The conditions are written like the expressions of the index `upload_same_file`. They avoid every
 * column with which another index begins.
 */
export const sameFileAs = ({
  tenantId,
  source,
  uploadId,
  parentId,
}: StageUpload): RawBuilder<unknown> =>
  parentId === null
    ? sql`(select earlier.id from upload earlier where earlier.source ->> 'sha256' = ${source.sha256}
        and earlier.tenant_id || ' ' || earlier.contact_list_id = ${tenantId}::text || ' ' || upload.contact_list_id
        and earlier.contact_list_id is not distinct from upload.contact_list_id and earlier.state <> 'receiving' and earlier.parent_id is null and earlier.id <> ${uploadId}
        order by earlier.accepted_seq desc limit 1)`
    : sql`null`
