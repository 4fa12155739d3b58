import type { HoldReason, UploadState } from '../domain/uploads/upload.ts'

/** What only the database and the pace queue know; looked at once a scrape. */
export type GaugeSource = {
  /** Whether /readyz would answer 200. */
  ready(): Promise<boolean>
  database(): Promise<{
    uploads: Partial<Record<UploadState, number>>
    holds: Partial<Record<HoldReason, number>>
    longestUnchangedSeconds: Partial<Record<UploadState, number>>
    lanesHeld: number
    lanesWaiting: number
    oldestLaneWaitSeconds: number
    syncPending: number
    oldestSyncPendingSeconds: number
    syncDead: number
    oldestDncPendingSeconds: number
    oldestRetractionSeconds: number
    oldestErasureSeconds: number
    auditChainLagSeconds: number
  }>
  pace(): Promise<{
    requestsPerMinute: number
    usedLastMinute: number
    remaining: number | null
    waiting: Record<string, number>
  }>
}
