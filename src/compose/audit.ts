import type { Store } from '../store/homes/open-store.ts'
import { createReadAudit } from '../workflows/audit/read-audit.ts'

/** What callers may see of the audit trail and of the keys that sign it. */
export const auditUsesOf = (store: Store) => ({
  signingKeys: store.signing,
  audit: createReadAudit({ reader: store.auditReader, signingKeys: store.signing }),
})
