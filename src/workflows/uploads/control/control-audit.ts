import type { Caller } from '../../../domain/access/access.ts'
import { type AuditEntry, byCaller, createAuditEntry } from '../../../domain/audit/audit.ts'
import type { Ids } from '../../../lib/ids.ts'
import type { ControlAction } from '../../ports/uploads/uploads.ts'

/**
 * The audit entry of a caller's command for an upload. `digest`: the digest of the applied plan.
 */
export const auditOfControl = (
  ids: Ids,
  caller: Caller,
  uploadId: string,
  command: ControlAction | 'apply',
  digest: string | null = null,
): AuditEntry =>
  createAuditEntry(ids, byCaller(caller), {
    action: 'upload.controlled',
    object: uploadId,
    details: { command },
    digest,
  })
