import { GenesysFailure } from '../../domain/genesys/genesys-failure.ts'
import type { ListContactLists, ReadContactList } from '../contract.ts'
import type { ListCache } from '../ports/contact-lists/list-cache.ts'
import type { ContactListPort } from '../ports/genesys/genesys.ts'
import {
  problemOfRefusal,
  readContext,
  readListSchema,
  unavailable,
} from '../uploads/receive/list-schema.ts'

/**
 * Reads one list from Genesys. If Genesys does not answer, returns the stored copy with its age.
 * Throws `genesys-unavailable` if there is no copy, and `not-found` or `genesys-refused` if Genesys
 * refuses for good.
 */
export const createReadContactList = (deps: {
  contactLists: ContactListPort
  lists: ListCache
  signal?: AbortSignal
}): ReadContactList => {
  const signal = deps.signal ?? new AbortController().signal
  return (caller, listId) => readListSchema(deps, listId, readContext(caller.tenantId, signal), 0)
}

/**
 * The lists that Genesys has now. The API and the console remove the lists that the tenant may not
 * use (`grantedLists`).
 */
export const createListContactLists = (deps: {
  contactLists: ContactListPort
  signal?: AbortSignal
}): ListContactLists => {
  const signal = deps.signal ?? new AbortController().signal
  return async (caller) => {
    try {
      return await deps.contactLists.listContactLists(readContext(caller.tenantId, signal))
    } catch (error) {
      if (!(error instanceof GenesysFailure)) throw error
      throw error.retry === 'never' ? problemOfRefusal(error) : unavailable(error)
    }
  }
}
