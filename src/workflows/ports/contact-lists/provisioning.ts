import type { AuditEntry } from '../../../domain/audit/audit.ts'
import type { ColumnKind, ContactList } from '../../../domain/contact-lists/contact-list.ts'
import type { NewContactListPlan } from '../../../domain/contact-lists/new-contact-list.ts'
import type { CallContext } from '../genesys/genesys.ts'

/**
 * Makes and changes contact lists. Every call may throw `GenesysFailure`. Apart from bugs and
 * aborts, nothing else is thrown. Creating is not idempotent in Genesys: it is tried once, and
 * after an unknown outcome the gateway looks for the list by its name.
 */
export type ProvisioningPort = {
  /**
   * One attempt, no retry of an unknown outcome. The plan has no settings that the dialect does not
   * know (`settingsBeyond`).
   */
  createContactList(list: NewContactListPlan, context: CallContext): Promise<ContactList>
  /** The lists of exactly this name. */
  findByName(name: string, context: CallContext): Promise<{ id: string; name: string }[]>
  /**
   * Guide: adds columns by PUT with a raised schema version. null: the dialect's columns are
   * immutable.
   */
  readonly addColumns:
    | ((
        listId: string,
        columns: readonly { name: string; kind: ColumnKind; required: boolean }[],
        context: CallContext,
      ) => Promise<ContactList>)
    | null
  /**
   * Platform: removes every contact of the list. null: the dialect clears with the first request of
   * an overwrite.
   */
  readonly clearContactList: ((listId: string, context: CallContext) => Promise<void>) | null
}

/** Guide: subscriptions to Genesys' events. null in dialects that have none. */
export type EventSubscriptionPort = {
  subscribe(
    input: { name: string; eventType: string; url: string },
    context: CallContext,
  ): Promise<{ id: string }>
}

/** Identifies a creation of a list: a call by its Idempotency-Key. */
export type ProvisioningScope = { tenantId: string; method: string; path: string; key: string }

/** The data about the creation of a list that must survive its process. */
export type ProvisioningStore = {
  /** The creation that a call with this key began and whose outcome is unknown. */
  intentOf(scope: ProvisioningScope): Promise<{ fingerprint: string; ageMs: number } | null>
  /** Written before the list is made; every call restarts its age. */
  intend(scope: ProvisioningScope, fingerprint: string, audit: AuditEntry): Promise<void>
  /** Records that nothing was made. */
  forget(scope: ProvisioningScope, audit: AuditEntry): Promise<void>
  /**
   * Those of the lists that have a known owner: made for another call, or granted to another tenant
   * by their id.
   */
  taken(tenantId: string, listIds: readonly string[]): Promise<string[]>
  /**
   * Answers the claim, grants the list to a tenant that is not granted all, and ends the intent, in
   * one transaction. false: the claim was lost meanwhile and nothing is written.
   */
  finish(input: {
    scope: ProvisioningScope
    /** Of the claim. */
    owner: string
    fingerprint: string
    listId: string
    answer: { status: number; body: string; location: string }
    audit: AuditEntry
  }): Promise<boolean>
}
