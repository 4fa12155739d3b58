import type { AuditEntry } from '../../../domain/audit/audit.ts'
import type { DncReason, SubjectKind } from '../../../domain/do-not-call/dnc-entry.ts'
import type { DncHoldReason, DncSubmission } from '../../../domain/do-not-call/dnc-submission.ts'
import type { DncListPort } from './dnc-lists.ts'

export type DncClaim = { dncListId: string; owner: string; fence: string; leaseMs: number }

/**
 * Thrown if a person was to be removed at Genesys for whom an entry was accepted meanwhile: the
 * group is composed again.
 */
export class EntryStands extends Error {
  override readonly name = 'EntryStands'
}

/** Entries of one chunk that go in one request: of one kind, one reason and one expiry. */
export type DncGroup = {
  id: string
  submissionId: string
  tenantId: string
  requestId: string
  /** Of the submission, when the group was read. */
  held: DncHoldReason | null
  /** What is asked of Genesys; reason and expiry are those of an addition. */
  action: 'add' | 'remove'
  kind: SubjectKind
  places: readonly number[]
  /** Of each place: E.164, or the folded address. */
  subjects: readonly string[]
  reason: DncReason
  expiresAt: Date | null
  idempotencyKey: string
  /** HTTP tries so far. */
  attempts: number
  /** Its people are at Genesys already, for a shorter time than they are to be there. */
  renews: boolean
  /** Since its first try, by the database's clock; null before it. */
  sentSinceMs: number | null
}

/**
 * What replaces a group that is not sent again: smaller ones, both halves, or the same entries
 * under a new key.
 */
export type DncSuccession = 'recompose' | 'halves' | 'successor'

export type DncLaneStore = {
  /** The lane that has waited longest; null where none has work. */
  claim(owner: string): Promise<DncClaim | null>
  /** False when another worker has the lane. */
  renew(claim: DncClaim): Promise<boolean>
  /** Releases the lane; null: until there is work. */
  release(claim: DncClaim, readyInMs: number | null): Promise<void>
  /** At the start of the embedded home, whose process lock proves that no holder lives. */
  freeAll(): Promise<void>
  /**
   * The group to send next: the open one, or one made of the next entries, of which at most `most`
   * and no other expiry than Genesys takes. What Genesys does not take from us at all is settled
   * here; it is enforced by the gateway alone. Submissions with nothing left end, and are told of.
   * null: there is no work. Entries go with the strongest reason and the longest time that stand
   * for their subject, so that nothing sent later weakens it. Before anything else the removals of
   * the list end what they end, also while Genesys is away. A removal is sent after all that its
   * tenant had for the list before, and nobody is taken out of the list for whom any entry stands.
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
   * Settles a group: those of `failed` as failed, the others by what our ledger had of them before.
   * `open`: places that stay unsettled and go again. Ends the hold of the submission, if it has
   * one.
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
  /** Holds the submission; endpoints are notified once. */
  hold(claim: DncClaim, group: DncGroup, reason: DncHoldReason, audit: AuditEntry): Promise<void>
  /**
   * Gives work to the lanes of lists where Genesys would forget a person before the requested time;
   * returns their number.
   */
  wakeRenewals(): Promise<number>
  /** A place among the writes in flight over all instances; null: all of them are taken. */
  takeSlot(owner: string, slots: number): Promise<number | null>
  freeSlot(owner: string, slot: number): Promise<void>
}
