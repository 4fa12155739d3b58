import { createAuditChainer } from '../lanes/audit-chainer.ts'
import { systemClock } from '../lib/clock.ts'
import { createHeadFile } from '../store/audit/head-file.ts'
import type { Store } from '../store/homes/open-store.ts'
import { createReadAudit } from '../workflows/audit/read-audit.ts'
import type { Essentials } from './essentials.ts'

/** What callers may see of the audit trail and of the keys that sign it. */
export const auditUsesOf = (store: Store) => ({
  signingKeys: store.signing,
  audit: createReadAudit({ reader: store.auditReader, signingKeys: store.signing }),
})

/** Signs what is new in the trail, and keeps its heads outside of the database. */
export const auditChainerOf = ({ config, store, owner, telemetry }: Essentials) =>
  createAuditChainer({
    chain: store.auditChain,
    owner,
    keepHead: config.auditHeadsFile === null ? null : createHeadFile(config.auditHeadsFile),
    clock: systemClock,
    emit: telemetry.emit,
  })
