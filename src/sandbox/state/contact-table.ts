/** The contacts of one list: one JSON text of cells a contact, so that a million of them fit in memory. */
export type ContactTable = {
  readonly size: number
  /** Says whether the contact is new, changed or was written with what it held already. */
  upsert(contactId: string, cells: string, revision: number): 'new' | 'changed' | 'identical'
  cellsOf(contactId: string): string | undefined
  remove(contactId: string): boolean
  clear(): void
  /** Contacts in order of first arrival from slot `from`; `next` is null at the end. */
  page(from: number, limit: number): { contacts: StoredContact[]; next: number | null }
  /** How many contacts were written how many times, for example {"1": 999, "2": 1}. */
  writesHistogram(): Record<string, number>
}

export type StoredContact = {
  contactId: string
  cells: string
  /** Times that this contact was written since the list was last cleared. */
  writes: number
  /** The revision of the list at the last write; revisions grow by one with every applied request. */
  revision: number
}

export const createContactTable = (): ContactTable => {
  const slots = new Map<string, number>()
  let stored: (StoredContact | null)[] = []
  const find = (contactId: string): StoredContact | null | undefined =>
    stored[slots.get(contactId) ?? -1]
  return {
    get size() {
      return slots.size
    },
    upsert: (contactId, cells, revision) => {
      const contact = find(contactId)
      if (!contact) {
        slots.set(contactId, stored.length)
        stored.push({ contactId, cells, writes: 1, revision })
        return 'new'
      }
      const outcome = contact.cells === cells ? 'identical' : 'changed'
      contact.cells = cells
      contact.writes += 1
      contact.revision = revision
      return outcome
    },
    cellsOf: (contactId) => find(contactId)?.cells,
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
