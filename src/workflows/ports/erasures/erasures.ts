import type { AuditEntry } from '../../../domain/audit/audit.ts'
import type {
  Erasure,
  ErasurePosition,
  ErasureRemain,
  ErasureStep,
  ErasureSubject,
} from '../../../domain/erasures/erasure.ts'
import type { Lease } from '../delivery/lease.ts'
import type { CallContext } from '../genesys/genesys.ts'
import type { StoredAnswer } from '../uploads/small-uploads.ts'

/**
 * The right to work on an erasure. `fence` grows with every claim, and an older claim erases
 * nothing.
 */
export type ErasureClaim = { erasureId: string; owner: string; fence: string; leaseMs: number }

/** An erasure in progress. Only here the person is in the clear. */
export type ErasureWork = {
  claim: ErasureClaim
  erasure: Erasure
  requestId: string
  subject: ErasureSubject
  position: ErasurePosition
}

/** A contact to delete from Genesys. */
export type ErasureContact = { contactListId: string; contactId: string }

export type ErasureStore = {
  /**
   * Writes the erasure, the answer of its call and the audit in one transaction. False: the claim
   * of the key is gone.
   */
  ask(input: {
    id: string
    tenantId: string
    subject: ErasureSubject
    actor: string
    scope: { tenantId: string; method: string; path: string; key: string; owner: string }
    answerOf: (erasure: Erasure) => StoredAnswer
    audit: AuditEntry
  }): Promise<StoredAnswer | null>
  find(tenantId: string, id: string): Promise<Erasure | null>
  claim(owner: string): Promise<ErasureWork | null>
  renew(claim: ErasureClaim): Promise<boolean>
  /** `readyInMs` null: when there is work. */
  release(claim: ErasureClaim, readyInMs: number | null): Promise<void>
  /** At the start of the embedded home: the holders of these are gone. */
  freeAll(): Promise<void>
  /**
   * Erases a lot in a place of the database and stores how far it came, in one transaction. Null:
   * the step is done. Throws `FenceLost`.
   */
  eraseLot(
    work: ErasureWork,
    step: Exclude<ErasureStep, 'genesys_contacts'>,
    after: string | null,
  ): Promise<string | null>
  /**
   * Contacts whose deletion from Genesys is outstanding, and of which nothing is on its way there.
   * `busy`: of some something is.
   */
  contactsToDelete(
    work: ErasureWork,
    limit: number,
  ): Promise<{ contacts: ErasureContact[]; busy: number }>
  /** Records the outcome for a contact in Genesys. Throws `FenceLost`. */
  noteContact(
    work: ErasureWork,
    contact: ErasureContact,
    end: 'deleted' | 'gone' | { kept: ErasureRemain },
    audit: readonly AuditEntry[],
  ): Promise<void>
  /** Records that the erasure waits, for Genesys or for rows on their way. Throws `FenceLost`. */
  wait(work: ErasureWork, failure: string): Promise<void>
  /** Ends the erasure and forgets the person. Throws `FenceLost`. */
  complete(work: ErasureWork, auditOf: (done: Erasure) => AuditEntry): Promise<Erasure>
}

export type ContactErasurePort = {
  /**
   * Deletes the contact from Genesys and checks that it is gone. A second call has no further
   * effect. Throws `GenesysFailure`; `not_found`: it was not there, or its list is not.
   */
  erase(contact: ErasureContact, context: CallContext): Promise<'deleted' | 'still-there'>
}

/**
 * Works on an erasure as far as possible now. Returns the milliseconds until the next step. null:
 * it is done.
 */
export type EraseSubject = (
  work: ErasureWork,
  lease: Pick<Lease, 'signal' | 'assertHeld'>,
) => Promise<number | null>
