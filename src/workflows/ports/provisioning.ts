import type { ColumnKind, ContactList } from '../../domain/contact-list.ts'
import type { CallContext } from './genesys.ts'

export type NewContactList = {
  name: string
  columns: readonly { name: string; kind: ColumnKind; required: boolean }[]
  /** The column that carries the contact id. */
  contactIdColumn: string
}

/**
 * Making and changing contact lists. Every call may throw `GenesysFailure`; nothing else is thrown but bugs and aborts. Creating is
 * not idempotent in Genesys: it is tried once, and after an unknown outcome the list is looked for by name.
 */
export type ProvisioningPort = {
  /** One attempt, no retry of an unknown outcome. */
  createContactList(list: NewContactList, context: CallContext): Promise<ContactList>
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
