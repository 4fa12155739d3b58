import { RULE_TABLE_VERSION } from '../domain/do-not-call/rules/rule-table.ts'
import { systemClock } from '../lib/clock.ts'
import { createIds } from '../lib/ids.ts'
import type { Store } from '../store/homes/open-store.ts'
import { createIssueCertificate } from '../workflows/proof/issue-certificate.ts'
import { createReadEvidence } from '../workflows/proof/read-evidence.ts'
import { auditUsesOf } from './audit.ts'

/** The calls about the audit trail, certificates and evidence. */
export const proofUsesOf = (store: Store) => ({
  ...auditUsesOf(store),
  issueCertificate: createIssueCertificate({
    uploads: store.uploads,
    checks: store.scrubChecks,
    signer: store.signing,
    ruleTableVersion: RULE_TABLE_VERSION,
  }),
  readEvidence: createReadEvidence({
    evidence: store.evidence,
    uploads: store.uploads,
    audit: store.audit,
    digestKey: store.digestKey,
    ids: createIds({ clock: systemClock }),
  }),
})
