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
  let ids: (string | null)[] = []
  let cellTexts: string[] = []
  let writes: number[] = []
  let revisions: number[] = []
  return {
    get size() {
      return slots.size
    },
    upsert: (contactId, cells, revision) => {
      const slot = slots.get(contactId)
      if (slot === undefined) {
        slots.set(contactId, ids.length)
        ids.push(contactId)
        cellTexts.push(cells)
        writes.push(1)
        revisions.push(revision)
        return 'new'
      }
      const outcome = cellTexts[slot] === cells ? 'identical' : 'changed'
      cellTexts[slot] = cells
      writes[slot] = (writes[slot] ?? 0) + 1
      revisions[slot] = revision
      return outcome
    },
    cellsOf: (contactId) => {
      const slot = slots.get(contactId)
      return slot === undefined ? undefined : cellTexts[slot]
    },
    remove: (contactId) => {
      const slot = slots.get(contactId)
      if (slot === undefined) return false
      slots.delete(contactId)
      ids[slot] = null
      cellTexts[slot] = ''
      return true
    },
    clear: () => {
      slots.clear()
      ids = []
      cellTexts = []
      writes = []
      revisions = []
    },
    page: (from, limit) => {
      const contacts: StoredContact[] = []
      let slot = from
      for (; slot < ids.length && contacts.length < limit; slot += 1) {
        const contactId = ids[slot]
        if (contactId === null || contactId === undefined) continue
        contacts.push({
          contactId,
          cells: cellTexts[slot] ?? '[]',
          writes: writes[slot] ?? 0,
          revision: revisions[slot] ?? 0,
        })
      }
      return { contacts, next: slot < ids.length ? slot : null }
    },
    writesHistogram: () => {
      const histogram: Record<string, number> = {}
      for (const slot of slots.values()) {
        const times = String(writes[slot] ?? 0)
        histogram[times] = (histogram[times] ?? 0) + 1
      }
      return histogram
    },
  }
}
