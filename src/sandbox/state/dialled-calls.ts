import type { SandboxState } from '../server/endpoint.ts'
import { type SystemData, systemDataOf, writtenSystem } from './system-data.ts'

/** Calls that a campaign of the simulated organisation made to one column of contacts. */
export type DialledCalls = {
  contactIds: string[]
  column: string
  /** A disposition such as `ININ-OUTBOUND-BUSY`. */
  result: string
  wrapup?: string | undefined
}

/**
 * Notes the last attempt in the contacts, as the dialler does. Skips ids that the list does not
 * hold.
 */
export const noteCalls = (state: SandboxState, listId: string, calls: DialledCalls): void => {
  const list = state.lists.get(listId)
  const { column, result, wrapup } = calls
  const lastAttempt = state.clock.now().toISOString()
  for (const contactId of calls.contactIds) {
    const contact = list.contacts.find(contactId)
    if (!contact) continue
    const before = systemDataOf(contact.system)
    const callRecords = { ...before.callRecords, [column]: { lastAttempt, lastResult: result } }
    const wrapups = wrapup === undefined ? before.wrapups : { ...before.wrapups, [column]: wrapup }
    const data: SystemData = { callRecords, wrapups }
    list.contacts.amend(contactId, writtenSystem(contact.system, { data, clears: false }))
  }
}
