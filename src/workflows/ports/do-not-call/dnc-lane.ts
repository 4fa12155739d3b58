import type { AuditEntry } from '../../../domain/audit/audit.ts'
import type { DncReason, SubjectKind } from '../../../domain/do-not-call/dnc-entry.ts'
import type { DncHoldReason, DncSubmission } from '../../../domain/do-not-call/dnc-submission.ts'
import type { DncListPort } from './dnc-lists.ts'

export type DncClaim = { dncListId: string; owner: string; fence: string; leaseMs: number }

/**
 * Thrown if an entry was accepted meanwhile for a person who was to be removed at Genesys. The
 * group is then composed again.
 */
export class EntryStands extends Error {
  override readonly name = 'EntryStands'
}

/** Entries of one chunk that go in one request: of one kind, with one reason and one expiry. */
export type DncGroup = {
  id: string
  submissionId: string
  tenantId: string
  requestId: string
  /** The state of the submission when the group was read. */
  held: DncHoldReason | null
  /** What Genesys is to do. Reason and expiry belong to an addition. */
  action: 'add' | 'remove'
  kind: SubjectKind
  places: readonly number[]
  /** For each place: E.164, or the folded address. */
  subjects: readonly string[]
  reason: DncReason
  expiresAt: Date | null
  idempotencyKey: string
  /** How many HTTP tries were made. */
  attempts: number
  /** Genesys has its people already, but for a shorter time than requested. */
  renews: boolean
  /** Milliseconds since its first try, by the database's clock. null before it. */
  sentSinceMs: number | null
}

/**
 * What replaces a group that is not sent again: smaller groups, both halves, or the same entries
 * under a new key.
 */
export type DncSuccession = 'recompose' | 'halves' | 'successor'

export type DncLaneStore = {
  /** The lane that has waited longest. null if none has work. */
  claim(owner: string): Promise<DncClaim | null>
  /** False if another worker has the lane. */
  renew(claim: DncClaim): Promise<boolean>
  /** Releases the lane. null: until there is work. */
  release(claim: DncClaim, readyInMs: number | null): Promise<void>
  /** Called when the embedded home starts. Its process lock proves that no holder lives. */
  freeAll(): Promise<void>
  /**
   * The group to send next. It is the open one, or one made of the next entries: at most `most`,
   * and with an expiry that Genesys takes. null if there is no work. What Genesys does not accept
   * from the gateway is settled here, and only the gateway enforces it. Submissions with nothing
   * left end, and endpoints are notified. Entries go with the strongest reason and the longest time
   * in force for their subject, so that nothing sent later weakens it. Before anything else, the
   * removals of the list end what they end, even during an outage of Genesys. A removal is sent
   * after everything that its tenant had for the list before. A person with any entry in force is
   * never taken out of the list.
   */
  nextGroup(
    claim: DncClaim,
    about: Pick<DncListPort, 'takes'> & {
      most: number
      expiryDays: number | null
      key: string
      id: string
    },
  ): Promise<DncGroup | null>
  /** Records a try that is about to be made. Throws `FenceLost`, and `EntryStands`. */
  recordTry(claim: DncClaim, group: DncGroup): Promise<void>
  /**
   * Settles a group. The places in `failed` fail, the others get the outcome that our ledger
   * implies. `open`: places that stay unsettled and are sent again. Ends the hold of the
   * submission, if it has one.
   */
  settle(
    claim: DncClaim,
    group: DncGroup,
    how: {
      failed: ReadonlyMap<number, string | null>
      open: readonly number[]
      tallies: object | null
      problem: DncSubmission['problem']
      audit: AuditEntry
    },
  ): Promise<void>
  /** Replaces a group that is not sent again. `ids` and `keys`: two of each. */
  replace(
    claim: DncClaim,
    group: DncGroup,
    by: DncSuccession,
    fresh: { ids: readonly string[]; keys: readonly string[]; audit: AuditEntry },
  ): Promise<void>
  /** Holds the submission. Endpoints are notified once. */
  hold(claim: DncClaim, group: DncGroup, reason: DncHoldReason, audit: AuditEntry): Promise<void>
  /**
   * Gives work to the lanes of lists in which Genesys would forget a person before the requested
   * time. Returns their number.
   */
  wakeRenewals(): Promise<number>
  /** Takes a place among the writes in flight over all instances. null if all of them are taken. */
  takeSlot(owner: string, slots: number): Promise<number | null>
  freeSlot(owner: string, slot: number): Promise<void>
}
