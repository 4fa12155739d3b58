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
  /** The submission's short name. */
  number: string
  requestId: string
  owner: string
  since: Date
}

/** Why a pull waits, and the audit entry for it. */
export type HeldPull = { reason: DncHoldReason; audit: AuditEntry }

/** Pulls from Genesys' lists. At most one pull of a list at a time, over all instances. */
export type DncPullStore = {
  /**
   * Requests a pull: a submission that is `applying`, and the answer of the call, in one
   * transaction. `running`: a pull is already requested or running. Throws `StagingLost` if the
   * claim is gone.
   */
  ask(
    about: Omit<NewDncSubmission, 'kind' | 'overrides'> & { audit: AuditEntry } & Pick<
        AcceptSubmission,
        'scope' | 'answerOf'
      >,
  ): Promise<{ answer: StoredAnswer } | 'running'>
  /** Pulls every list with submissions once a period, for the first time a period from now. */
  plan(periodMs: number): Promise<void>
  /**
   * The pull that is due first, with its own submission. null if none is due. An interrupted pull
   * begins again.
   */
  claim(owner: string, about: { id: string; requestId: string }): Promise<DncPull | null>
  /** False if another process has the pull. */
  renew(pull: DncPull): Promise<boolean>
  /**
   * Notes that these people are in the export. Returns those who are not known here, by their place
   * in the chunk. A person who was removed here counts as known until an export without that
   * person.
   */
  sift(pull: DncPull, subjects: Buffer): Promise<number[]>
  /**
   * Adds entries under a raised epoch. They suppress from the commit on. `send`: they are missing
   * at Genesys. Returns how many were added.
   */
  add(pull: DncPull, chunk: NewDncChunk, send: boolean): Promise<number>
  /**
   * Entries that Genesys had before the export was requested and that are not in it, some chunks
   * after `after`.
   */
  missing(
    pull: DncPull,
    after: { submission: string; seq: number },
  ): Promise<readonly { submissionId: string; submission: string; seq: number; places: number[] }[]>
  /**
   * Ends the reading. Throws `StagingLost` if another process has the pull. The lane of the list
   * sends what is to be sent. The next pull is due after `nextInMs` (null: when a caller requests
   * it).
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
   * Gives up the pull. It begins again after `againInMs` (null: when its submission is resumed, or
   * with the next period). `held`: why its submission waits until then. Endpoints and the audit
   * trail get each reason once.
   */
  giveUp(pull: DncPull, againInMs: number | null, held: HeldPull | null): Promise<void>
}
