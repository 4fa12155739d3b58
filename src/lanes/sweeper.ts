import type { Clock } from '../lib/clock.ts'
import { traceOf } from '../lib/error-trace.ts'
import type { Emit } from '../telemetry/events.ts'
import type { LaneStore } from '../workflows/ports/delivery/lease.ts'
import type { DncLaneStore } from '../workflows/ports/do-not-call/dnc-lane.ts'
import type { DncSubmissionStore } from '../workflows/ports/do-not-call/submissions.ts'
import type { SyncStore } from '../workflows/ports/endpoints/sync.ts'
import type { ReceiptStore } from '../workflows/ports/genesys-events/webhooks.ts'
import type { GuestFileStore } from '../workflows/ports/guest-files/guest-files.ts'
import type { JobResender } from '../workflows/ports/jobs/jobs.ts'
import type { ReconciliationStore } from '../workflows/ports/uploads/reconciliation.ts'
import type { UploadStore } from '../workflows/ports/uploads/uploads.ts'
import { slept } from './lease.ts'

export type SweeperDeps = {
  lanes: Pick<LaneStore, 'wakeHeld' | 'repair'>
  uploads: Pick<UploadStore, 'sweepReceiving'>
  dncLane: Pick<DncLaneStore, 'wakeRenewals'>
  submissions: Pick<DncSubmissionStore, 'sweepReceiving'>
  guestFiles: Pick<GuestFileStore, 'sweepReceiving'>
  sync: Pick<SyncStore, 'overdue'>
  receipts: Pick<ReceiptStore, 'sweep'>
  reconciliations: Pick<ReconciliationStore, 'overdue'>
  jobs: JobResender
  /**
   * Checks the database's clock before each sweep. Without this check, instances that are alive
   * could count as dead after a jump of the clock.
   */
  lookAtClock: () => Promise<void>
  clock: Clock
  emit: Emit
  /** Wakes the lanes. Called if holds have ended or lanes were repaired. */
  wake: () => void
}

export type Sweeper = {
  start(): void
  /** Ends the sweeps. Resolves when no sweep is running. */
  stop(): Promise<void>
}

const SWEEP_EVERY_MS = 5_000
/**
 * An upload, a submission or a guest file that is being received counts as abandoned after 60 s
 * without a sign of life [design: 3].
 */
const RECEIVING_DEAD_MS = 60_000
/**
 * A delivery that was tried before gets a new job when it has been due for this time, because its
 * job may be lost. If its job still waits behind other jobs, no new job is made. A delivery that
 * was never tried gets a new job in the first sweep after it is due.
 */
const SYNC_OVERDUE_MS = 20_000
const RECEIPT_OVERDUE_MS = 60_000
/**
 * If the check of an upload has been due for this time, it gets a new job. A check takes less time,
 * so its earlier job is probably lost.
 */
const RECONCILIATION_OVERDUE_MS = 180_000
/** Must agree with docs/retention.md. */
const RECEIPTS_KEPT_MS = 7 * 24 * 60 * 60 * 1000

/**
 * Repairs what a crash left behind. Discards abandoned uploads, submissions and guest files.
 * Repairs lanes. Gives new jobs to deliveries, receipts and checks whose jobs are lost. Also ends
 * holds that are due, wakes DNC lists with renewals that are due, and deletes receipts past their
 * retention.
 */
export const createSweeper = (deps: SweeperDeps): Sweeper => {
  const stopped = new AbortController()
  let ended: Promise<void> = Promise.resolve()

  const sweep = async (): Promise<void> => {
    await deps.lookAtClock()
    const heldWoken = await deps.lanes.wakeHeld()
    const lanesRepaired = await deps.lanes.repair()
    if (heldWoken + lanesRepaired > 0) deps.wake()
    const receivingDiscarded =
      (await deps.uploads.sweepReceiving(RECEIVING_DEAD_MS)) +
      (await deps.submissions.sweepReceiving(RECEIVING_DEAD_MS)) +
      (await deps.guestFiles.sweepReceiving(RECEIVING_DEAD_MS))
    await deps.dncLane.wakeRenewals()
    const lost = await deps.sync.overdue(SYNC_OVERDUE_MS)
    const syncResent = await deps.jobs.resend('sync-delivery', lost)
    const unseen = await deps.receipts.sweep({
      keepMs: RECEIPTS_KEPT_MS,
      graceMs: RECEIPT_OVERDUE_MS,
    })
    await deps.jobs.resend('webhook-verify', unseen)
    const unchecked = await deps.reconciliations.overdue(RECONCILIATION_OVERDUE_MS)
    await deps.jobs.resend('reconcile', unchecked)
    deps.emit('sweep.finished', { receivingDiscarded, heldWoken, lanesRepaired, syncResent })
  }
  const sweeps = async (): Promise<void> => {
    while (await slept(deps.clock, SWEEP_EVERY_MS, stopped.signal)) {
      await sweep().catch((error: unknown) =>
        deps.emit('job.failed', { queue: 'sweep', error: traceOf(error) }),
      )
    }
  }
  return {
    start: () => {
      ended = sweeps()
    },
    stop: async () => {
      stopped.abort()
      await ended
    },
  }
}
