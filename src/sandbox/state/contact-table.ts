/**
 * The contacts of one list. Cells and Genesys' own data are JSON texts, so that a million contacts
 * fit in memory.
 */
export type ContactTable = {
  readonly size: number
  /** Writes a contact. Returns whether it is new, changed, or already had the same content. */
  upsert(contact: WrittenContact, at: { revision: number; ms: number }): WriteOutcome
  find(contactId: string): Readonly<StoredContact> | undefined
  /**
   * Sets system data that Genesys changes itself. This change does not count as a write of a
   * caller.
   */
  amend(contactId: string, system: string | null): void
  remove(contactId: string): boolean
  clear(): void
  /**
   * The contacts from slot `from`, in the order in which they were first written. `next`: null at
   * the end.
   */
  page(from: number, limit: number): { contacts: StoredContact[]; next: number | null }
  /**
   * How many contacts were written once, twice and so on. {"1": 999, "2": 1}: 999 once, and one
   * twice.
   */
  writesHistogram(): Record<string, number>
}

export type WriteOutcome = 'new' | 'changed' | 'identical'

type WrittenContact = {
  contactId: string
  cells: string
  /** JSON of `SystemData`. null: the contact has only the values that every new contact has. */
  system: string | null
}

export type StoredContact = WrittenContact & {
  /** How often this contact was written since it was last added to the list. */
  writes: number
  /**
   * The revision of the list at the last write. Every applied request raises the revision by one.
   */
  revision: number
  createdMs: number
}

/**
 * The slots of removed contacts stay empty until `clear`, so the value of `next` stays valid while
 * contacts are removed.
 */
export const createContactTable = (): ContactTable => {
  const slots = new Map<string, number>()
  let stored: (StoredContact | null)[] = []
  const find = (contactId: string): StoredContact | undefined =>
    stored[slots.get(contactId) ?? -1] ?? undefined
  return {
    get size() {
      return slots.size
    },
    upsert: ({ contactId, cells, system }, { revision, ms }) => {
      const contact = find(contactId)
      if (!contact) {
        slots.set(contactId, stored.length)
        stored.push({ contactId, cells, system, writes: 1, revision, createdMs: ms })
        return 'new'
      }
      const same = contact.cells === cells && contact.system === system
      contact.cells = cells
      contact.system = system
      contact.writes += 1
      contact.revision = revision
      return same ? 'identical' : 'changed'
    },
    find,
    amend: (contactId, system) => {
      const contact = find(contactId)
      if (contact) contact.system = system
    },
    remove: (contactId) => {
      const slot = slots.get(contactId)
      if (slot === undefined) return false
      slots.delete(contactId)
      stored[slot] = null
      return true
    },
    clear: () => {
      slots.clear()
      stored = []
    },
    page: (from, limit) => {
      const contacts: StoredContact[] = []
      let slot = from
      for (; slot < stored.length && contacts.length < limit; slot += 1) {
        const contact = stored[slot]
        if (contact) contacts.push(contact)
      }
      return { contacts, next: slot < stored.length ? slot : null }
    },
    writesHistogram: () => {
      const histogram: Record<string, number> = {}
      for (const contact of stored) {
        if (!contact) continue
        histogram[contact.writes] = (histogram[contact.writes] ?? 0) + 1
      }
      return histogram
    },
  }
}
