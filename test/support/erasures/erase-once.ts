import assert from 'node:assert/strict'

import { systemClock } from '../../../src/lib/clock.ts'
import type { Store } from '../../../src/store/homes/open-store.ts'
import { createEraseSubject } from '../../../src/workflows/erasures/erase-subject.ts'
import type { ContactListPort } from '../../../src/workflows/ports/genesys/genesys.ts'
import { audit, claimKey, ids } from '../stages/store-uploads.ts'

type Subject = Parameters<Store['erasures']['ask']>[0]['subject']

const eraseSubjectOnce = async (
  store: Store,
  genesys: Pick<ContactListPort, 'readJob'>,
  subject: Subject,
): Promise<{ state: string; failure: string | null }> => {
  const [id, key] = [ids.newId('era'), ids.newUuid()]
  await claimKey(store, key)
  await store.erasures.ask({
    ...{ id, tenantId: 'default', actor: 'key_1', audit: audit('erasure.accepted', id) },
    subject,
    scope: { tenantId: 'default', method: 'POST', path: '/x', key, owner: 'me' },
    answerOf: () => ({ fingerprint: 'print', status: 202, body: '{}', location: null }),
  })
  await store.sql.executeSql(`update erasure set ready_at = 'infinity' where id <> '${id}'`)
  const work = await store.erasures.claim('me')
  assert.ok(work !== null)
  const erase = createEraseSubject({
    erasures: store.erasures,
    contactLists: genesys,
    contacts: { erase: async () => 'deleted' },
    ...{ clock: systemClock, ids, emit: () => {}, random: () => 1 },
  })
  await erase(work, { signal: new AbortController().signal, assertHeld: () => {} })
  const { state, failure } = (await store.erasures.find('default', id))!
  return { state, failure }
}

/**
 * Asks for the erasure of this contact, and works on it once. Genesys deletes every contact.
 * Returns how the erasure then stands.
 */
export const eraseOnce = (
  store: Store,
  genesys: Pick<ContactListPort, 'readJob'>,
  contactListId: string,
  contactId: string,
): Promise<{ state: string; failure: string | null }> =>
  eraseSubjectOnce(store, genesys, { kind: 'contact', contactListId, value: contactId })

/** The same for a number of whose rows Genesys has no job. */
export const erasePhoneOnce = (
  store: Store,
  value: string,
): Promise<{ state: string; failure: string | null }> => {
  const noJobs = { readJob: () => Promise.reject(new Error('no job is read')) }
  return eraseSubjectOnce(store, noJobs, { kind: 'phone', contactListId: null, value })
}

/** How an erasure stands that has ended, or that waits for a request. */
export const ERASED = { state: 'completed', failure: null }
export const STILL_WAITING = { state: 'waiting', failure: 'rows_on_their_way' }
