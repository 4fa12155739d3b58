import type { AuditEntry } from '../../../domain/audit/audit.ts'
import type { ColumnKind, ContactList } from '../../../domain/contact-lists/contact-list.ts'
import type { NewContactListPlan } from '../../../domain/contact-lists/new-contact-list.ts'
import type { CallContext } from '../genesys/genesys.ts'

/**
 * Making and changing contact lists. Every call may throw `GenesysFailure`; nothing else is thrown but bugs and aborts. Creating is
 * not idempotent in Genesys: it is tried once, and after an unknown outcome the list is looked for by name.
 */
export type ProvisioningPort = {
  /** One attempt, no retry of an unknown outcome. What the dialect does not know (`settingsBeyond`) is not in the plan. */
  createContactList(list: NewContactListPlan, context: CallContext): Promise<ContactList>
  /** The lists of exactly this name. */
  findByName(name: string, context: CallContext): Promise<{ id: string; name: string }[]>
  /** Guide: adds columns by PUT with a raised schema version. null: the dialect's columns are immutable. */
  readonly addColumns:
    | ((
        listId: string,
        columns: readonly { name: string; kind: ColumnKind; required: boolean }[],
        context: CallContext,
      ) => Promise<ContactList>)
    | null
  /** Platform: removes every contact of the list. null: the dialect clears with the first request of an overwrite. */
  readonly clearContactList: ((listId: string, context: CallContext) => Promise<void>) | null
}

/** Guide: subscriptions to Genesys' events. null in dialects that have none. */
export type EventSubscriptionPort = {
  subscribe(
    input: { name: string; eventType: string; url: string },
    context: CallContext,
  ): Promise<{ id: string }>
}

/** Whose creation of a list it is: a call by its Idempotency-Key. */
export type ProvisioningScope = { tenantId: string; method: string; path: string; key: string }

/** What must be known of the making of a list when the process that made it is gone. */
export type ProvisioningStore = {
  /** The creation that a call with this key began and that has no known outcome. */
  intentOf(scope: ProvisioningScope): Promise<{ fingerprint: string; ageMs: number } | null>
  /** Written before the list is made; its age begins anew with every call. */
  intend(scope: ProvisioningScope, fingerprint: string, audit: AuditEntry): Promise<void>
  /** It is known that nothing was made. */
  forget(scope: ProvisioningScope, audit: AuditEntry): Promise<void>
  /** Those of the lists that are known to be somebody's: made for another call, or granted to another tenant by their id. */
  taken(tenantId: string, listIds: readonly string[]): Promise<string[]>
  /**
   * Answers the claim, grants the list to a tenant that is not granted all, and ends the intent, in one transaction. false: the
   * claim was lost meanwhile and nothing is written.
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
