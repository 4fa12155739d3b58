import type { DncSubmissionStore } from '../../workflows/ports/do-not-call/submissions.ts'
import type { SuppressionPort } from '../../workflows/ports/do-not-call/suppressions.ts'
import type { EvidenceStore } from '../../workflows/ports/proof/evidence.ts'
import type { ScrubCheckStore } from '../../workflows/ports/proof/scrub-checks.ts'
import type { UploadStore } from '../../workflows/ports/uploads/uploads.ts'
import type { RegistryRules } from '../do-not-call/registries/registry-hits.ts'
import type { Database } from '../homes/database.ts'
import { createEvidenceStore } from './evidence-store.ts'
import { createScrubCheckStore } from './scrub-check-store.ts'

export type ProofStores = { scrubChecks: ScrubCheckStore; evidence: EvidenceStore }

/** The stores from which proofs are made. They only read. */
export const createProofStores = (deps: {
  database: Database
  digestKey: Buffer
  registryRules: RegistryRules
  uploads: Pick<UploadStore, 'readChunk'>
  dncSubmissions: Pick<DncSubmissionStore, 'readChunk'>
  suppressions: Pick<SuppressionPort, 'numbersAmong'>
}): ProofStores => ({
  scrubChecks: createScrubCheckStore(deps),
  evidence: createEvidenceStore({
    ...{ database: deps.database, digestKey: deps.digestKey },
    readChunk: deps.uploads.readChunk,
    readEntries: deps.dncSubmissions.readChunk,
    numbersAmong: deps.suppressions.numbersAmong,
  }),
})
