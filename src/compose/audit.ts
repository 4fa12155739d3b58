import { createAuditChainer } from '../lanes/audit-chainer.ts'
import { systemClock } from '../lib/clock.ts'
import { createHeadFile } from '../store/audit/head-file.ts'
import type { Store } from '../store/homes/open-store.ts'
import { createReadAudit } from '../workflows/audit/read-audit.ts'
import type { Essentials } from './essentials.ts'

/** The calls that show the audit trail and the keys that sign it. */
export const auditUsesOf = (store: Store) => ({
  signingKeys: store.signing,
  audit: createReadAudit({ reader: store.auditReader, signingKeys: store.signing }),
})

/**
 * Adds new entries to the signed chain. If a file for heads is configured, also writes the heads of
 * the chain there, outside of the database.
 */
export const auditChainerOf = ({ config, store, owner, telemetry }: Essentials) =>
  createAuditChainer({
    chain: store.auditChain,
    owner,
    keepHead: config.auditHeadsFile === null ? null : createHeadFile(config.auditHeadsFile),
    clock: systemClock,
    emit: telemetry.emit,
  })
