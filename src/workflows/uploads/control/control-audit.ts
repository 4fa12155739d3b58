import type { Caller } from '../../../domain/access/access.ts'
import type { AuditEntry } from '../../../domain/audit/audit.ts'
import type { Ids } from '../../../lib/ids.ts'

/** The entry of a caller's word about an upload; `digest`: the plan that was applied. */
export const auditOfControl = (
  ids: Ids,
  caller: Caller,
  uploadId: string,
  digest: string | null = null,
): AuditEntry => ({
  id: ids.newId('aud'),
  tenantId: caller.tenantId,
  actor: caller.keyId,
  action: 'upload.controlled',
  object: uploadId,
  requestId: caller.requestId,
  attempt: 1,
  latencyMs: null,
  outcome: 'ok',
  counts: {},
  digest,
})
