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
 * The right to work on an erasure. `fence` grows with every claim. Methods that write throw
 * `FenceLost` if another worker has claimed the erasure.
 */
export type ErasureClaim = { erasureId: string; owner: string; fence: string; leaseMs: number }

/**
 * An erasure in progress, with the person in plain text. The database stores the person sealed.
 */
export type ErasureWork = {
  claim: ErasureClaim
  erasure: Erasure
  requestId: string
  subject: ErasureSubject
  position: ErasurePosition
}

/** A contact that an erasure found. */
export type ErasureContact = { contactListId: string; contactId: string }

/** A job of a request with rows of the person, which no run of an upload polls now. */
export type ErasureJob = { requestId: string; jobId: string }

/**
 * A contact to delete from Genesys. `refusals`: how often Genesys refused to delete it. `failures`:
 * how often Genesys answered that it does not delete it, for whatever reason.
 */
export type ContactToDelete = ErasureContact & { refusals: number; failures: number }

/** Erasures, and the work on them. One worker at a time holds an erasure. */
export type ErasureStore = {
  /**
   * Writes the erasure, the answer of its call and the audit entry in one transaction. null: the
   * claim of the Idempotency-Key is gone, and nothing is written.
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
  /** `readyInMs` null: the erasure is claimed again when it has work. */
  release(claim: ErasureClaim, readyInMs: number | null): Promise<void>
  /**
   * Frees every erasure. Call it when the embedded home starts: no other process can hold an
   * erasure then.
   */
  freeAll(): Promise<void>
  /**
   * In one transaction, erases a limited part of the data of one step, and stores how far the step
   * got. `after` null: from the beginning. Returns where to continue. null: the step is done.
   * Throws `FenceLost`.
   */
  eraseLot(
    work: ErasureWork,
    step: Exclude<ErasureStep, 'genesys_contacts'>,
    after: string | null,
  ): Promise<string | null>
  /**
   * Contacts that are to be deleted from Genesys now, at most `limit`. Contacts that were never
   * tried come first. `busy`: how many other contacts must wait, because rows of the person may be
   * in flight to their list. `jobs`: the jobs for which they wait and whose uploads are paused or
   * held. Ask Genesys for these jobs, because nobody else does. `later`: the contact that must be
   * tried next among those that were postponed. null: there is none.
   */
  contactsToDelete(
    work: ErasureWork,
    limit: number,
  ): Promise<{
    contacts: ContactToDelete[]
    busy: number
    jobs: ErasureJob[]
    later: { inMs: number; failure: string } | null
  }>
  /**
   * Records that a job has ended, so that no contact waits for it any longer. Does nothing if the
   * request has another job now, or is settled. Needs no claim, because an end never changes.
   */
  noteJobEnd(job: ErasureJob): Promise<void>
  /** Records the outcome for a contact in Genesys. Throws `FenceLost`. */
  noteContact(
    work: ErasureWork,
    contact: ErasureContact,
    end: 'deleted' | 'gone' | { kept: ErasureRemain },
    audit: readonly AuditEntry[],
  ): Promise<void>
  /**
   * Records that a contact was not deleted, and is to be tried again in `inMs`. `isRefusal`: the
   * failure counts as a refusal of this contact. `isOutage`: the failure says nothing about this
   * contact. Throws `FenceLost`.
   */
  postponeContact(
    work: ErasureWork,
    contact: ErasureContact,
    about: { failure: string; inMs: number; isRefusal: boolean; isOutage: boolean },
  ): Promise<void>
  /**
   * Records that the erasure waits for Genesys, or for rows that are in flight. `outages`: how
   * often in a row Genesys gave no answer about a contact. Throws `FenceLost`.
   */
  wait(work: ErasureWork, failure: string, outages: number): Promise<void>
  /** Ends the erasure and deletes the person's data from it. Throws `FenceLost`. */
  complete(work: ErasureWork, auditOf: (done: Erasure) => AuditEntry): Promise<Erasure>
}

/**
 * Only the platform dialect has this port. In the guide dialect, Genesys has no call that deletes a
 * contact.
 */
export type ContactErasurePort = {
  /**
   * Deletes the contact from Genesys and checks that it is gone. A second call has no further
   * effect. Throws `GenesysFailure`. `not_found`: the contact or its list does not exist.
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
