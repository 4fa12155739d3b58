import type { AuditEntry } from '../../../domain/audit/audit.ts'
import type { RetractionEnd, RetractionState } from '../../../domain/do-not-call/retraction.ts'
import type { Lease } from '../delivery/delivery.ts'
import type { CallContext } from '../genesys/genesys.ts'

/** Searches for contacts that were delivered before entries named them. */
export type LookBackStore = {
  /**
   * Goes on with the look for what was added under an epoch, some thousands of entries in one short
   * transaction; `found` contacts are to be retracted, and `done` says that nothing of that epoch
   * is left. Null: there is nothing to look for. Several instances may step at once.
   */
  step(): Promise<{ tenantId: string; found: number; done: boolean } | null>
}

/**
 * The right to take contacts of a list back; `fence` grows with every claim, and an older claim
 * writes nothing.
 */
export type RetractionClaim = {
  contactListId: string
  owner: string
  fence: string
  leaseMs: number
}

/** A contact to take back because of one of its numbers or addresses. */
export type Retraction = {
  number: string
  version: number
  submissionId: string
  tenantId: string
  requestId: string
  contactId: string
  /** 16 bytes. */
  subject: Buffer
  attempts: number
}

/** The outcome for a contact that was delivered before an entry named it. */
export type DeliveredBefore = {
  contactListId: string
  /** Null where another tenant brought it; so are `line` and `contactId`. */
  uploadId: string | null
  line: number | null
  contactId: string | null
  state: RetractionState
  failure: string | null
  foundAt: string
  settledAt: string | null
}

/**
 * Who named the contacts, and which tenant asks: a submission by its number, or an edition of a
 * registry by its id.
 */
export type Finder = { tenantId: string } & ({ number: string } | { editionId: string })

export type RetractionStore = {
  /** The list that has waited longest for contacts to be taken back. */
  claim(owner: string): Promise<RetractionClaim | null>
  renew(claim: RetractionClaim): Promise<boolean>
  /** `readyInMs` null: when there is work. */
  release(claim: RetractionClaim, readyInMs: number | null): Promise<void>
  /** At the start of the embedded home: the holders of these are gone. */
  freeAll(): Promise<void>
  /**
   * Contacts whose time has come, the oldest first. Where there are none, milliseconds until one is
   * due; null: none is open.
   */
  next(claim: RetractionClaim, limit: number): Promise<readonly Retraction[] | number | null>
  /**
   * Writes what became of them, and the audit. One that was opened again since it was read stays
   * open. Throws `FenceLost`.
   */
  settle(
    claim: RetractionClaim,
    ended: readonly Retraction[],
    state: RetractionEnd,
    audit: readonly AuditEntry[],
  ): Promise<void>
  /** Records a failed try. Throws `FenceLost`. */
  postpone(
    claim: RetractionClaim,
    retraction: Retraction,
    failure: string,
    againInMs: number,
  ): Promise<void>
  /**
   * A page of what the entries of a submission, or an edition, found, in the order in which it was
   * found.
   */
  page(
    finder: Finder,
    about: { after: string; limit: number },
  ): Promise<{ items: DeliveredBefore[]; next: string | null }>
  /**
   * `looked`: all entries or numbers were looked for. `unfilled`: contacts of the tenant's lists
   * that no entry can find.
   */
  summary(finder: Finder): Promise<{
    looked: boolean
    counts: Record<RetractionState, number>
    unfilled: number
  }>
}

export type ContactRetractionPort = {
  /**
   * Sees to it that Genesys does not call the contact under the number, or at all where the subject
   * is an address or is none of its numbers any more; its data stay as they are. `isSubject` tells
   * the subject by a cell. Done again it has no further effect. Throws `GenesysFailure`;
   * `not_found`: it is gone.
   */
  retract(
    contact: { contactListId: string; contactId: string; isSubject: (cell: string) => boolean },
    context: CallContext,
  ): Promise<void>
}

/**
 * Takes contacts of a claimed list back as far as it goes now. Milliseconds until the next look;
 * null: when there is work.
 */
export type RetractContacts = (
  claim: RetractionClaim,
  lease: Pick<Lease, 'signal' | 'assertHeld'>,
) => Promise<number | null>
