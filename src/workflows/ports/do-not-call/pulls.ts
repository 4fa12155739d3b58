import type { AuditEntry } from '../../../domain/audit/audit.ts'
import type { NewDncChunk } from '../../../domain/do-not-call/dnc-chunk.ts'
import type { DncHoldReason, DncSubmission } from '../../../domain/do-not-call/dnc-submission.ts'
import type { StoredAnswer } from '../uploads/small-uploads.ts'
import type { AcceptSubmission, NewDncSubmission } from './submissions.ts'

/** A pull that this process works on. `since`: when it began to read, by the database's clock. */
export type DncPull = {
  dncListId: string
  tenantId: string
  submissionId: string
  /** Its short name. */
  number: string
  requestId: string
  owner: string
  since: Date
}

/** Why a pull waits, and the audit entry for it. */
export type HeldPull = { reason: DncHoldReason; audit: AuditEntry }

/** What is pulled from Genesys' lists. One pull a list at a time, over all instances. */
export type DncPullStore = {
  /**
   * Asks for a pull: a submission that is `applying`, and the answer of the call, in one
   * transaction. `running`: one is asked for or under way. Throws `StagingLost` where the claim is
   * gone.
   */
  ask(
    about: Omit<NewDncSubmission, 'kind' | 'overrides'> & { audit: AuditEntry } & Pick<
        AcceptSubmission,
        'scope' | 'answerOf'
      >,
  ): Promise<{ answer: StoredAnswer } | 'running'>
  /** Every list with submissions is pulled once a period, for the first time a period from now. */
  plan(periodMs: number): Promise<void>
  /**
   * The pull that is due first, with a submission of its own; null: none is. A pull that was broken
   * off begins anew.
   */
  claim(owner: string, about: { id: string; requestId: string }): Promise<DncPull | null>
  /** False when another process has the pull. */
  renew(pull: DncPull): Promise<boolean>
  /**
   * Notes that these people are in the export. Those who are not known here, by their place in the
   * chunk; somebody who was removed here is, until an export without him.
   */
  sift(pull: DncPull, subjects: Buffer): Promise<number[]>
  /**
   * Adds entries under a raised epoch, which suppress from the commit on. `send`: they are missing
   * at Genesys. How many were added.
   */
  add(pull: DncPull, chunk: NewDncChunk, send: boolean): Promise<number>
  /**
   * Entries that Genesys had before the export was asked for and that are not in it, some chunks
   * after `after`.
   */
  missing(
    pull: DncPull,
    after: { submission: string; seq: number },
  ): Promise<readonly { submissionId: string; submission: string; seq: number; places: number[] }[]>
  /**
   * Ends the reading; throws `StagingLost` once the pull is somebody else's: what is to be sent
   * goes on by the lane of the list. The next one is due after `nextInMs`; null: when it is asked
   * for.
   */
  finish(
    pull: DncPull,
    counts: { rejected: number; duplicates: number; blank: number },
    about: Pick<DncSubmission, 'rejections' | 'source' | 'columns' | 'notes'> & {
      nextInMs: number | null
      audit: AuditEntry
    },
  ): Promise<void>
  /**
   * Gives the pull up. It begins anew after `againInMs`; null: when its submission is resumed, or
   * with the next period. `held`: why its submission waits until then, which is told and audited
   * once a reason.
   */
  giveUp(pull: DncPull, againInMs: number | null, held: HeldPull | null): Promise<void>
}
