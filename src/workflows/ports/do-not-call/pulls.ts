import type { AuditEntry } from '../../../domain/audit/audit.ts'
import type { NewDncChunk } from '../../../domain/do-not-call/dnc-chunk.ts'
import type { DncHoldReason, DncSubmission } from '../../../domain/do-not-call/dnc-submission.ts'
import type { StoredAnswer } from '../uploads/small-uploads.ts'
import type { AcceptSubmission, NewDncSubmission } from './submissions.ts'

/** A pull that this process works on. `since`: when its reading began, by the database's clock. */
export type DncPull = {
  dncListId: string
  tenantId: string
  submissionId: string
  /** The submission's number in the database, which its entries refer to. */
  number: string
  requestId: string
  owner: string
  since: Date
}

/** Why a pull waits, and the audit entry for it. */
export type HeldPull = { reason: DncHoldReason; audit: AuditEntry }

/** Entries of one chunk that Genesys lacks. `own`: they belong to the tenant of the pull. */
export type Missing = {
  submissionId: string
  submission: string
  seq: number
  places: number[]
  own: boolean
}

/** Pulls from Genesys' lists. At most one pull of a list at a time, over all instances. */
export type DncPullStore = {
  /**
   * Requests a pull. In one transaction, stores the answer of the call and the submission of the
   * pull, which is `applying` from the start. `running`: a pull of the list is requested or running
   * already. Throws `StagingLost` if the claim is gone.
   */
  ask(
    about: Omit<NewDncSubmission, 'kind' | 'overrides'> & { audit: AuditEntry } & Pick<
        AcceptSubmission,
        'scope' | 'answerOf'
      >,
  ): Promise<{ answer: StoredAnswer } | 'running'>
  /**
   * For every list that has submissions, makes sure that a pull begins within `periodMs` from now.
   * A pull that is due later than that, or has no due time, becomes due at the end of this period.
   */
  plan(periodMs: number): Promise<void>
  /**
   * The pull that is due first, with its submission. null: none is due. A pull that was interrupted
   * begins again.
   */
  claim(owner: string, about: { id: string; requestId: string }): Promise<DncPull | null>
  /** false: another process has the pull. */
  renew(pull: DncPull): Promise<boolean>
  /**
   * Deletes the rejected lines that an interrupted try of this pull has stored. Call it before the
   * export is read, because each try reads the export from its beginning. Entries stay. Throws
   * `StagingLost` if another process has the pull.
   */
  dropRejected(pull: DncPull): Promise<void>
  /**
   * Notes that these people are in the export. `subjects`: 16-byte digests, one after the other.
   * Returns the places of the people whom the gateway does not know yet. A person whose entry was
   * removed at the gateway counts as known until an export no longer contains that person. Throws
   * `StagingLost` if another process has the pull.
   */
  sift(pull: DncPull, subjects: Buffer): Promise<number[]>
  /**
   * Adds entries and raises the tenant's epoch, so that they suppress from the commit on. `origin`:
   * the submission whose entries the chunk copies, because Genesys must get them again. Leaves out
   * the entries that a removal or an override has ended since. null: Genesys has the entries.
   * Returns how many were new. Throws `StagingLost` if another process has the pull.
   */
  add(
    pull: DncPull,
    chunk: NewDncChunk,
    origin: Pick<Missing, 'submission'> | null,
  ): Promise<number>
  /**
   * Entries of any tenant that Genesys had before the pull began, and that the export lacks. Does
   * not return entries that an interrupted try of this pull has added. They are grouped by chunk,
   * starting after `after`. Returns a few chunks at a time, and an empty array at the end.
   */
  missing(pull: DncPull, after: { submission: string; seq: number }): Promise<readonly Missing[]>
  /**
   * Has the list's lane send these entries again after `finish`. Call it for the entries of other
   * tenants: the pull must not show their people to its own tenant, and must not take them over,
   * because a removal by the other tenant would not end such a copy. `id`: a new UUID. Throws
   * `StagingLost` if another process has the pull.
   */
  sendAgain(pull: DncPull, missing: Missing, id: string): Promise<void>
  /**
   * Ends the reading, so that the lane of the list sends what Genesys lacks. `counts`: the lines of
   * the export. A line that is neither rejected nor blank counts as a duplicate, unless a try of
   * this pull has added its person. Throws `StagingLost` if another process has the pull. The next
   * pull is due after `nextInMs`. null: it has no due time. In that case, the next pull begins when
   * a caller requests it, Genesys reports new entries in the list, or `plan` sets a time.
   */
  finish(
    pull: DncPull,
    counts: { read: number; rejected: number; blank: number },
    about: Pick<DncSubmission, 'rejections' | 'source' | 'columns' | 'notes'> & {
      nextInMs: number | null
      audit: AuditEntry
    },
  ): Promise<void>
  /**
   * Gives up the pull, which begins again after `againInMs`. `againInMs` null: it begins again when
   * its submission is resumed, Genesys reports new entries in the list, or `plan` sets a time.
   * `held`: why the submission waits until then. Endpoints and the audit trail get each reason
   * once.
   */
  giveUp(pull: DncPull, againInMs: number | null, held: HeldPull | null): Promise<void>
}
