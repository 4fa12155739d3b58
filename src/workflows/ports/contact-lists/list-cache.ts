import type { ContactList } from '../../../domain/contact-lists/contact-list.ts'

/**
 * A contact list as last read from Genesys, `ageMs` ago. `provenMs`: how long ago its columns were
 * last confirmed, by this reading or by rows that Genesys accepted. Accepted rows confirm nothing
 * if the reading is older than ten minutes or the list was not ready.
 */
export type SeenList = { list: ContactList; ageMs: number; provenMs: number }

/** Contact lists as last read from Genesys. `get` returns null if the list was never read. */
export type ListCache = {
  get(listId: string): Promise<SeenList | null>
  put(list: ContactList): Promise<void>
}
