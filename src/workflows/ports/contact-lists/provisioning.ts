import type { AuditEntry } from '../../../domain/audit/audit.ts'
import type { ColumnKind, ContactList } from '../../../domain/contact-lists/contact-list.ts'
import type { NewContactListPlan } from '../../../domain/contact-lists/new-contact-list.ts'
import type { CallContext } from '../genesys/genesys.ts'

/**
 * Makes and changes contact lists. Every call may throw `GenesysFailure`. Apart from bugs, aborts
 * and the errors of `beforeSend`, nothing else is thrown. In Genesys, creating a list is not
 * idempotent, so the gateway tries to create a list only once. After an unknown outcome, the
 * gateway looks for the list by its name.
 */
export type ProvisioningPort = {
  /**
   * Tries once, even if the outcome is unknown. The caller has checked with `settingsBeyond` that
   * the dialect supports all settings of the plan.
   */
  createContactList(list: NewContactListPlan, context: CallContext): Promise<ContactList>
  /** The lists with exactly this name. */
  findByName(name: string, context: CallContext): Promise<{ id: string; name: string }[]>
  /**
   * Guide: adds columns by PUT with a raised schema version. null: in this dialect, the columns of
   * a list cannot be changed.
   */
  readonly addColumns:
    | ((
        listId: string,
        columns: readonly { name: string; kind: ColumnKind; required: boolean }[],
        context: CallContext,
      ) => Promise<ContactList>)
    | null
  /**
   * Platform: removes every contact of the list. null: in this dialect, the first request of an
   * overwrite clears the list.
   */
  readonly clearContactList: ((listId: string, context: CallContext) => Promise<void>) | null
}

/** Guide: subscriptions to Genesys' events. A dialect without subscriptions has no such port. */
export type EventSubscriptionPort = {
  subscribe(
    input: { name: string; eventType: string; url: string },
    context: CallContext,
  ): Promise<{ id: string }>
}

/** Identifies one creation of a list by the Idempotency-Key of the call that requested it. */
export type ProvisioningScope = { tenantId: string; method: string; path: string; key: string }

/** What must survive a crash while a list is being made. */
export type ProvisioningStore = {
  /**
   * The creation that a call with this key began and did not finish. `listId`: the list that it has
   * made. null: its outcome is unknown. Returns null if there is no such creation.
   */
  intentOf(
    scope: ProvisioningScope,
  ): Promise<{ fingerprint: string; ageMs: number; listId: string | null } | null>
  /** Call this before the list is made. A repeated call sets the age back to 0. */
  intend(scope: ProvisioningScope, fingerprint: string, audit: AuditEntry): Promise<void>
  /**
   * Notes the list that Genesys has made for the intent. Call it before anything else happens to
   * the list. From then on, no other call takes the list for its own.
   */
  noteMade(scope: ProvisioningScope, listId: string): Promise<void>
  /** Deletes the intent. Call it if nothing was made in Genesys. */
  forget(scope: ProvisioningScope, audit: AuditEntry): Promise<void>
  /**
   * Which of the lists have an owner already: a call made the list, or another tenant is granted it
   * by id.
   */
  taken(tenantId: string, listIds: readonly string[]): Promise<string[]>
  /**
   * In one transaction, stores the call's answer and ends the intent. If the tenant does not have
   * the grant `*` for lists, also grants it this list. `claim_lost`: the claim was lost meanwhile.
   * `taken`: the list was made for another call. In both cases, nothing is written.
   */
  finish(input: {
    scope: ProvisioningScope
    /** The owner of the claim. */
    owner: string
    fingerprint: string
    listId: string
    answer: { status: number; body: string; location: string }
    audit: AuditEntry
  }): Promise<'finished' | 'claim_lost' | 'taken'>
}
