import type { HoldReason, UploadState } from '../../../domain/uploads/upload.ts'

export type Home = {
  readonly kind: 'embedded' | 'server'
  /** Throws when the database does not answer or takes no writes, `StorageFull` when its disk has no room. */
  ping(): Promise<void>
  /** Whether there is room for new work. */
  hasRoom(): boolean
  /** For gauges; one cheap query each scrape. */
  gauges(): Promise<{
    uploads: Partial<Record<UploadState, number>>
    /** Held uploads by reason. */
    holds: Partial<Record<HoldReason, number>>
    /** By state: how long the upload waits that longest had neither a settled batch nor a change. */
    longestUnchangedSeconds: Partial<Record<UploadState, number>>
    lanesHeld: number
    lanesWaiting: number
    oldestLaneWaitSeconds: number
    syncPending: number
    /** Since the oldest message arose that an enabled endpoint has not taken; 0 when there is none. */
    oldestSyncPendingSeconds: number
    syncDead: number
    /** Since the oldest do-not-call submission was accepted that Genesys has not taken whole; 0 when there is none. */
    oldestDncPendingSeconds: number
    /** Since the oldest contact was found that was delivered before an entry named it, and is not taken back yet; 0 when there is none. */
    oldestRetractionSeconds: number
    /** Since the oldest erasure was asked for that is not completed; 0 when there is none. */
    oldestErasureSeconds: number
    /** Since the oldest audit entry was written that is not in the chain yet; 0 when there is none. */
    auditChainLagSeconds: number
  }>
  /** The store belongs to one Genesys org. `other`: bound to another while unfinished work exists. */
  bind(binding: { dialect: string; apiHost: string; clientId: string }): Promise<'bound' | 'other'>
  close(): Promise<void>
}
