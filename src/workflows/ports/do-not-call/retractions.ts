import type { AuditEntry } from '../../../domain/audit/audit.ts'
import type { RetractionEnd, RetractionState } from '../../../domain/do-not-call/retraction.ts'
import type { Lease } from '../delivery/lease.ts'
import type { CallContext } from '../genesys/genesys.ts'

/** Searches for contacts that were delivered before entries named them. */
export type LookBackStore = {
  /**
   * Continues the search for what was added under an epoch, some thousands of entries in one short
   * transaction. `found` contacts are to be retracted. `done`: nothing of that epoch is left. null:
   * there is nothing to search for. Several instances may step at the same time.
   */
  step(): Promise<{ tenantId: string; found: number; done: boolean } | null>
}

/**
 * The right to retract contacts of a list. `fence` grows with every claim, and an older claim
 * writes nothing.
 */
export type RetractionClaim = {
  contactListId: string
  owner: string
  fence: string
  leaseMs: number
}

/** A contact to retract because of one of its numbers or addresses. */
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
  /** null if another tenant brought it, as are `line` and `contactId`. */
  uploadId: string | null
  line: number | null
  contactId: string | null
  state: RetractionState
  failure: string | null
  foundAt: string
  settledAt: string | null
}

/**
 * What named the contacts, and which tenant asks: a submission by its number, or an edition of a
 * registry by its id.
 */
export type Finder = { tenantId: string } & ({ number: string } | { editionId: string })

export type RetractionStore = {
  /** The list whose contacts have waited longest to be retracted. */
  claim(owner: string): Promise<RetractionClaim | null>
  renew(claim: RetractionClaim): Promise<boolean>
  /** `readyInMs` null: when there is work. */
  release(claim: RetractionClaim, readyInMs: number | null): Promise<void>
  /** Called when the embedded home starts: the holders of these are gone. */
  freeAll(): Promise<void>
  /**
   * Contacts that are due, oldest first. If none is due, the milliseconds until one is. null if
   * none is open.
   */
  next(claim: RetractionClaim, limit: number): Promise<readonly Retraction[] | number | null>
  /**
   * Writes the outcomes and the audit. A contact that was opened again since it was read stays
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
  /** A page of what the entries of a submission, or an edition, found, in the order found. */
  page(
    finder: Finder,
    about: { after: string; limit: number },
  ): Promise<{ items: DeliveredBefore[]; next: string | null }>
  /**
   * `looked`: the search covers all entries or numbers. `unfilled`: contacts of the tenant's lists
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
   * Makes sure that Genesys does not call the contact under the number. If the subject is an
   * address, or is no longer one of its numbers, Genesys must not call the contact at all. Its data
   * do not change. `isSubject` recognises the subject by a cell. Repeating it has no further
   * effect. Throws `GenesysFailure`. `not_found`: the contact is gone.
   */
  retract(
    contact: { contactListId: string; contactId: string; isSubject: (cell: string) => boolean },
    context: CallContext,
  ): Promise<void>
}

/**
 * Retracts contacts of a claimed list, as far as possible now. Returns the milliseconds until the
 * next step. null: when there is work.
 */
export type RetractContacts = (
  claim: RetractionClaim,
  lease: Pick<Lease, 'signal' | 'assertHeld'>,
) => Promise<number | null>
