import type { AuditEntry } from '../../../domain/audit/audit.ts'
import type { RetractionEnd, RetractionState } from '../../../domain/do-not-call/retraction.ts'
import type { Lease } from '../delivery/lease.ts'
import type { CallContext } from '../genesys/genesys.ts'

/** Searches for contacts that were delivered before do-not-call entries named them. */
export type LookBackStore = {
  /**
   * Continues the search for contacts of the people who were added under one epoch. Handles some
   * entries in one short transaction. `found`: the number of contacts to retract that this step
   * found. `done`: all entries of that epoch are handled. null: there is nothing to search for.
   * Several instances may call this at the same time.
   */
  step(): Promise<{ tenantId: string; found: number; done: boolean } | null>
}

/**
 * The right to retract contacts of a list. `fence` grows with every claim. A claim with a smaller
 * fence can no longer write.
 */
export type RetractionClaim = {
  contactListId: string
  owner: string
  fence: string
  leaseMs: number
}

/**
 * A contact to retract because an entry, or an edition of a registry, names one of its numbers or
 * addresses. `submissionId`: the id of the submission or the edition.
 */
export type Retraction = {
  number: string
  version: number
  submissionId: string
  tenantId: string
  requestId: string
  contactId: string
  /** The digest of the number or address: 16 bytes. */
  subject: Buffer
  attempts: number
  /**
   * Whether later content without the number or address has certainly replaced the content that had
   * it.
   */
  isReplaced: boolean
}

/** The outcome for a contact that was delivered before an entry or an edition named it. */
export type DeliveredBefore = {
  contactListId: string
  /** null if another tenant brought the contact. Then `line` and `contactId` are null too. */
  uploadId: string | null
  line: number | null
  contactId: string | null
  state: RetractionState
  failure: string | null
  foundAt: string
  settledAt: string | null
}

/**
 * What found the contacts: a submission (by its number) or an edition of a registry (by its id).
 * `tenantId`: the tenant of the caller.
 */
export type Finder = { tenantId: string } & ({ number: string } | { editionId: string })

/** The retractions of contacts, by contact list. One worker at a time holds a list. */
export type RetractionStore = {
  /** The list whose contacts have waited longest to be retracted. null: none has work. */
  claim(owner: string): Promise<RetractionClaim | null>
  renew(claim: RetractionClaim): Promise<boolean>
  /** `readyInMs` null: the list is claimed again when it has work. */
  release(claim: RetractionClaim, readyInMs: number | null): Promise<void>
  /**
   * Frees every list. Call it when the embedded home starts: no other process can hold a list then.
   */
  freeAll(): Promise<void>
  /**
   * Contacts that are due. The contact that has been due longest comes first. If none is due: the
   * milliseconds until the next one is due. null: no contact is left to retract.
   */
  next(claim: RetractionClaim, limit: number): Promise<readonly Retraction[] | number | null>
  /**
   * Writes the outcomes and the audit. If another entry has named a contact since the contact was
   * read, its retraction stays open. Throws `FenceLost`.
   */
  settle(
    claim: RetractionClaim,
    ended: readonly Retraction[],
    state: RetractionEnd,
    audit: readonly AuditEntry[],
  ): Promise<void>
  /**
   * Records a failed try, to be repeated after `againInMs`. If another entry has named the contact
   * since it was read, the contact stays due now. Throws `FenceLost`.
   */
  postpone(
    claim: RetractionClaim,
    retraction: Retraction,
    failure: string,
    againInMs: number,
  ): Promise<void>
  /**
   * A page of the contacts that were found for a submission or an edition, in the order in which
   * they were found.
   */
  page(
    finder: Finder,
    about: { after: string; limit: number },
  ): Promise<{ items: DeliveredBefore[]; next: string | null }>
  /**
   * `looked`: whether the search for contacts is complete. `unfilled`: contacts in the tenant's
   * lists that no entry can find, because the register does not know their phones and addresses.
   */
  summary(finder: Finder): Promise<{
    looked: boolean
    counts: Record<RetractionState, number>
    unfilled: number
  }>
  /**
   * The newest submissions of the tenant for which contacts became `reported` in the last `days`,
   * each with the number of these contacts. `editions`: editions of registries are included, with
   * the contacts of all tenants.
   */
  reported(
    tenantId: string,
    about: { days: number; limit: number; editions: boolean },
  ): Promise<
    {
      by: { submissionId: string } | { registry: string; editionId: string }
      contacts: number
      lastAt: string
    }[]
  >
}

/**
 * Only the platform dialect has this port. In the guide dialect, the gateway cannot make a contact
 * not callable.
 */
export type ContactRetractionPort = {
  /**
   * If the subject is one of the contact's numbers, tells Genesys not to call the contact under
   * this number. If the subject is an address, or a number that the contact no longer has, tells
   * Genesys not to call the contact at all. The contact's data do not change. `isSubject`: whether
   * a cell is the subject. `isReplaced`: later content without the subject has replaced the content
   * that had it. If no cell is the subject then, the contact may still be called. A second call has
   * no further effect. Throws `GenesysFailure`. `not_found`: the contact is gone.
   */
  retract(
    contact: Pick<Retraction, 'contactId' | 'isReplaced'> & {
      contactListId: string
      isSubject: (cell: string) => boolean
    },
    context: CallContext,
  ): Promise<void>
}

/**
 * Retracts the due contacts of a claimed list. Returns the milliseconds until the next step. null:
 * the next step follows when there is work.
 */
export type RetractContacts = (
  claim: RetractionClaim,
  lease: Pick<Lease, 'signal' | 'assertHeld'>,
) => Promise<number | null>
