import type { RetentionRuleName } from '../domain/retention/retention-rules.ts'
import type { HoldReason, UploadState } from '../domain/uploads/upload.ts'

/** The values that only the database has. */
export type DatabaseGauges = {
  uploads: Partial<Record<UploadState, number>>
  /** Held uploads by reason. */
  holds: Partial<Record<HoldReason, number>>
  /** For each state, the longest time without a settled batch or another change of an upload. */
  longestUnchangedSeconds: Partial<Record<UploadState, number>>
  lanesHeld: number
  lanesWaiting: number
  oldestLaneWaitSeconds: number
  /** The messages that wait for delivery to enabled endpoints. */
  syncPending: number
  /**
   * The age of the oldest of the messages that `syncPending` counts. 0: there is no such message.
   */
  oldestSyncPendingSeconds: number
  syncDead: number
  /**
   * The age of the oldest do-not-call submission that Genesys has not completely accepted. 0: there
   * is none.
   */
  oldestDncPendingSeconds: number
  /**
   * The time by which the oldest waiting submission must be applied in Genesys (seconds since
   * 1970). The strictest law decides. 0: no submission waits.
   */
  dncApplyByEpochSeconds: number
  /**
   * For each registry that a tenant uses: the age of its edition in force (null: there is none),
   * and the highest age allowed.
   */
  registries: { registry: string; ageSeconds: number | null; limitSeconds: number }[]
  /**
   * How long ago the gateway found the oldest contact that must still be retracted. 0: there is
   * none.
   */
  oldestRetractionSeconds: number
  /** How long the guest file that has been held longest is held. 0: no guest file is held. */
  oldestGuestFileHoldSeconds: number
  /** The age of the oldest erasure that is not completed. 0: there is none. */
  oldestErasureSeconds: number
  /** The age of the oldest audit entry that is not in the chain yet. 0: there is none. */
  auditChainLagSeconds: number
  /**
   * For each rule of retention, how long the oldest item was overdue in the last run. The instance
   * that made the run may be another one.
   */
  retentionBehindSeconds: Partial<Record<RetentionRuleName, number>>
  /** How many values were sealed with older keys after the last run of resealing. */
  sealedUnderOlderKeys: number
  /** How many older keys could still be needed after that run. */
  olderKeys: number
}

/** Values that telemetry has to read from other code. They are read once for each scrape. */
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
