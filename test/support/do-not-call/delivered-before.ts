import assert from 'node:assert/strict'

import type { Store } from '../../../src/store/homes/open-store.ts'
import type { Retraction } from '../../../src/workflows/ports/do-not-call/retractions.ts'
import { openTestStore } from '../databases/database.ts'

export const ANN = '+12125550123'
export const BO = 'bo@example.com'
export const CY = '+12125550128'

export const PEOPLE = {
  ann: [ANN],
  bo: ['+12125550124', BO],
  cy: ['+12125550125', '+12125550126', 'cy@example.com', '+12125550127', CY],
  dan: ['+12125550129'],
}

/** A store in which a tenant may deliver. */
export const openStore = async (home: Parameters<typeof openTestStore>[0]): Promise<Store> => {
  const store = await openTestStore(home)
  await store.access.ensureAdmin({ digest: Buffer.alloc(32, 3), scopes: ['admin'] })
  return store
}

/** Searches until nothing is left. Returns how many contacts were found. */
export const look = async (store: Store): Promise<number> => {
  let found = 0
  for (;;) {
    const step = await store.lookBack.step()
    if (step === null) return found
    found += step.found
  }
}

/** Returns what is to be retracted in a list, by contact, and releases the lane again. */
export const openIn = async (store: Store, list: string): Promise<Retraction[]> => {
  await store.sql.executeSql(
    `update dnc_retraction_lane set lease_until = null, ready_at = case when contact_list_id = $1 then now() else 'infinity' end`,
    [list],
  )
  const claim = await store.retractions.claim('me')
  if (claim === null) return []
  assert.equal(claim.contactListId, list)
  const next = await store.retractions.next(claim, 100)
  await store.retractions.release(claim, null)
  return next === null || typeof next === 'number' ? [] : [...next]
}

/** The ids of the contacts, in order. */
export const idsOf = (found: readonly Retraction[]): string[] =>
  found.map(({ contactId }) => contactId).toSorted()
