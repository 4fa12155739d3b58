import type { AuditEntry } from '../../../domain/audit/audit.ts'
import type { DncReason, SubjectKind } from '../../../domain/do-not-call/dnc-entry.ts'
import type { DncHoldReason, DncSubmission } from '../../../domain/do-not-call/dnc-submission.ts'
import type { DncListPort } from './dnc-lists.ts'

/**
 * The right to send the entries of a DNC list. `fence` grows with every claim. A claim with a
 * smaller fence can no longer write. `leaseMs`: how many milliseconds the claim lasts after it is
 * made or renewed.
 */
export type DncClaim = { dncListId: string; owner: string; fence: string; leaseMs: number }

/**
 * Thrown if the group removes people at Genesys, and an entry for one of them was accepted after
 * the group was composed. Call `nextGroup` again, which composes another group.
 */
export class EntryStands extends Error {
  override readonly name = 'EntryStands'
}

/**
 * Entries of one chunk that are sent in one request. They have the same kind, reason and expiry.
 */
export type DncGroup = {
  id: string
  submissionId: string
  tenantId: string
  requestId: string
  /** Why the submission was held when the group was read. null: it was not. */
  held: DncHoldReason | null
  /** What Genesys is asked to do. Reason and expiry matter only for an addition. */
  action: 'add' | 'remove'
  kind: SubjectKind
  places: readonly number[]
  /** One for each of `places`: the number in E.164, or the folded address. */
  subjects: readonly string[]
  reason: DncReason
  expiresAt: Date | null
  idempotencyKey: string
  /** How many HTTP tries were made. */
  attempts: number
  /**
   * Whether this is a renewal: Genesys already has these people, but would forget them before the
   * requested time.
   */
  renews: boolean
}

/**
 * What replaces a group that is not sent again. `recompose`: no group, because `nextGroup` composes
 * its entries again (a renewal is replaced by two halves instead). `halves`: two groups.
 * `successor`: one group with the same entries and a new idempotency key.
 */
export type DncSuccession = 'recompose' | 'halves' | 'successor'

/**
 * The lanes of DNC lists, in which entries go to Genesys. One worker at a time holds a lane.
 * `nextGroup` and the methods that get a group throw `FenceLost` if another worker has claimed the
 * lane meanwhile, or the submission of the group is gone.
 */
export type DncLaneStore = {
  /** The lane that has waited longest. null if none has work. */
  claim(owner: string): Promise<DncClaim | null>
  /** False if another worker has the lane. */
  renew(claim: DncClaim): Promise<boolean>
  /** Releases the lane, to be claimed again after `readyInMs`. null: when it gets work. */
  release(claim: DncClaim, readyInMs: number | null): Promise<void>
  /**
   * Frees every lane, every pull and every slot. Call it when the embedded home starts: its process
   * lock proves that no other process holds any of them.
   */
  freeAll(): Promise<void>
  /**
   * The group to send next: an open group, if there is one. Otherwise a new group of at most `most`
   * of the next entries, with an expiry that Genesys accepts. null: there is no work. `again`: this
   * call ended or settled entries, or ended a submission, and found no group yet. Call it again. A
   * large removal needs two calls for every chunk.
   * - First, removals and overrides of the list end the entries that they concern, even during an
   *   outage of Genesys.
   * - Entries that Genesys does not accept (`takes`) are settled here, because only the gateway
   *   enforces them.
   * - Submissions without open entries end, and endpoints are notified.
   * - Each person is sent with the strongest reason and the longest time of all entries in force,
   *   so that no request weakens an earlier one. An open group that would weaken one, or whose
   *   entries have expired, is given up, and its entries are composed again.
   * - A removal waits for all earlier submissions of its tenant for the list. A person with any
   *   entry in force is never removed.
   */
  nextGroup(
    claim: DncClaim,
    about: Pick<DncListPort, 'takes'> & {
      most: number
      expiryDays: number | null
      key: string
      id: string
    },
  ): Promise<DncGroup | 'again' | null>
  /**
   * Records a try that is about to be made. Throws `EntryStands` if a removal must no longer be
   * sent.
   */
  recordTry(claim: DncClaim, group: DncGroup): Promise<void>
  /**
   * Settles a group. The entries at the places in `failed` fail with these codes. The entries at
   * the places in `open` stay unsettled and are sent again. The outcome of every other entry
   * follows from the earlier entries about the same person. `problem` null: the submission keeps
   * its problem. Also ends a hold of the submission.
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
  /**
   * Replaces a group that is not sent again. `ids` and `keys` are for the new groups: give two of
   * each.
   */
  replace(
    claim: DncClaim,
    group: DncGroup,
    by: DncSuccession,
    fresh: { ids: readonly string[]; keys: readonly string[]; audit: AuditEntry },
  ): Promise<void>
  /** Holds the submission. Endpoints are notified, once for each reason. */
  hold(claim: DncClaim, group: DncGroup, reason: DncHoldReason, audit: AuditEntry): Promise<void>
  /**
   * Finds the lists in which Genesys would soon forget a person although the entry continues. Makes
   * the lanes of these lists ready, and returns how many lists there are.
   */
  wakeRenewals(): Promise<number>
  /**
   * All instances share `slots` slots for writes in flight. Takes one of them. null: all slots are
   * taken. A slot that is not freed becomes free after 60 s.
   */
  takeSlot(owner: string, slots: number): Promise<number | null>
  freeSlot(owner: string, slot: number): Promise<void>
}
