import type { HoldReason, UploadState } from '../domain/uploads/upload.ts'

/** What only the database knows. */
export type DatabaseGauges = {
  uploads: Partial<Record<UploadState, number>>
  /** Held uploads by reason. */
  holds: Partial<Record<HoldReason, number>>
  /** By state: how long the upload waits that longest had neither a settled batch nor a change. */
  longestUnchangedSeconds: Partial<Record<UploadState, number>>
  lanesHeld: number
  lanesWaiting: number
  oldestLaneWaitSeconds: number
  syncPending: number
  /**
   * Since the oldest message arose that an enabled endpoint has not taken; 0 when there is none.
   */
  oldestSyncPendingSeconds: number
  syncDead: number
  /**
   * Since the oldest do-not-call submission was accepted that Genesys has not taken whole; 0 when
   * there is none.
   */
  oldestDncPendingSeconds: number
  /**
   * By when the strictest law wants that submission applied, in seconds since 1970; 0 when there is
   * none.
   */
  dncApplyByEpochSeconds: number
  /**
   * Of registries that a tenant uses: how old the edition in force is (null: there is none), and
   * how old it may be.
   */
  registries: { registry: string; ageSeconds: number | null; limitSeconds: number }[]
  /**
   * Since the oldest contact was found that was delivered before an entry named it, and is not
   * taken back yet; 0 when there is none.
   */
  oldestRetractionSeconds: number
  /** Since the oldest erasure was asked for that is not completed; 0 when there is none. */
  oldestErasureSeconds: number
  /**
   * Since the oldest audit entry was written that is not in the chain yet; 0 when there is none.
   */
  auditChainLagSeconds: number
}

/** Values that only the database and the pace queue know. Read once for each scrape. */
export type GaugeSource = {
  /** Whether /readyz would answer 200. */
  ready(): Promise<boolean>
  database(): Promise<DatabaseGauges>
  pace(): Promise<{
    requestsPerMinute: number
    usedLastMinute: number
    remaining: number | null
    waiting: Record<string, number>
  }>
}
