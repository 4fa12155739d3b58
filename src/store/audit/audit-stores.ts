import type { AuditStore } from '../../workflows/ports/audit/audit.ts'
import type { AuditChain, AuditReader } from '../../workflows/ports/audit/chain.ts'
import type { Signer } from '../../workflows/ports/signing/signing-keys.ts'
import type { Database } from '../homes/database.ts'
import { createAuditStore } from './audit-store.ts'
import { createAuditReader } from './chain-reader.ts'
import { createAuditChain } from './chain-store.ts'

export type AuditStores = { audit: AuditStore; auditChain: AuditChain; auditReader: AuditReader }

/** The stores that write, chain and read audit entries. */
export const createAuditStores = (deps: { database: Database; signing: Signer }): AuditStores => ({
  audit: createAuditStore(deps),
  auditChain: createAuditChain({ ...deps, signer: deps.signing }),
  auditReader: createAuditReader(deps),
})
