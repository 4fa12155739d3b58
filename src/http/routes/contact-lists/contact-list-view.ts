import type { ContactList } from '../../../domain/contact-lists/contact-list.ts'
import {
  listNotes,
  type NewContactListPlan,
} from '../../../domain/contact-lists/new-contact-list.ts'

/** A contact list as callers see it. `ageMs`: how long ago the gateway read it from Genesys. */
export const renderContactList = (list: ContactList, ageMs: number) => ({
  id: list.id,
  name: list.name,
  status: list.status,
  schemaVersion: list.schemaVersion,
  columns: list.columns.map(({ name, kind, required }) => ({ name, kind, required })),
  size: list.size,
  ageSeconds: Math.floor(ageMs / 1000),
})

/** A new contact list, as the answer to its creation shows it. */
export const renderNewContactList = (list: ContactList, plan: NewContactListPlan) => ({
  ...renderContactList(list, 0),
  contactIdColumn: plan.contactIdColumn,
  notes: listNotes(list, plan),
})
