import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'

import { systemClock } from '../../../src/lib/clock.ts'
import type { Store } from '../../../src/store/homes/open-store.ts'
import { createEraseSubject } from '../../../src/workflows/erasures/erase-subject.ts'
import { eachHome, openTestStore } from '../../support/databases/database.ts'
import { contactsOf } from '../../support/stages/delivered.ts'
import { createShipmentLane } from '../../support/stages/shipment-lane.ts'
import {
  audit,
  beginUpload,
  claimKey,
  ids,
  stageInput,
} from '../../support/stages/store-uploads.ts'

/** The steps of a process until Genesys has its first request. */
const SENT = 6
/** The steps of a process until it has given up the requests that an earlier process left open. */
const GIVEN_UP = 2

/**
 * A request with a contact of the person got no answer, because the process was killed. The next
 * process gave the request up, and its own requests leave the person out. The erasure then saw
 * nothing in flight and deleted the contact. But Genesys may carry out the first request late, and
 * the contact is then back, although the receipt says that it is gone.
 */
eachHome('An erasure of a person whose row was in a request that was given up', (home) => {
  let store: Store
  before(async () => {
    store = await openTestStore(await home.fresh())
    await store.access.ensureAdmin({ digest: Buffer.alloc(32, 3), scopes: ['admin'] })
  })
  after(() => store.close())

  const stage = async (list: string, people: Record<string, string[]>): Promise<void> => {
    const [id, chunk, key] = [
      await beginUpload(store, list),
      contactsOf(store, people),
      ids.newUuid(),
    ]
    await store.uploads.appendChunks(id, [chunk])
    await claimKey(store, key)
    await store.uploads.stage(stageInput(id, chunk, key))
  }

  it('waits until Genesys can no longer carry the request out', async () => {
    const list = 'overtaken'
    const { work } = createShipmentLane(store, list)
    await stage(list, { a: ['+12125550123'] })
    await stage(list, { b: ['+12125550124'] })
    await work(SENT)
    const [id, key] = [ids.newId('era'), ids.newUuid()]
    await claimKey(store, key)
    await store.erasures.ask({
      ...{ id, tenantId: 'default', actor: 'key_1', audit: audit('erasure.accepted', id) },
      subject: { kind: 'contact', contactListId: list, value: 'a' },
      scope: { tenantId: 'default', method: 'POST', path: '/x', key, owner: 'me' },
      answerOf: () => ({ fingerprint: 'print', status: 202, body: '{}', location: null }),
    })
    const erased: string[] = []
    const eraseSubject = createEraseSubject({
      erasures: store.erasures,
      contactLists: { readJob: () => assert.fail('no job is open') },
      contacts: {
        erase: async ({ contactId }) => {
          erased.push(contactId)
          return 'deleted'
        },
      },
      ...{ clock: systemClock, ids, emit: () => {}, random: () => 1 },
    })
    const lease = { signal: new AbortController().signal, assertHeld: () => {} }
    const look = async () => {
      await store.sql.executeSql('update erasure set ready_at = now() where completed_at is null')
      const claimed = await store.erasures.claim('me')
      assert.ok(claimed)
      await eraseSubject(claimed, lease)
      await store.erasures.release(claimed.claim, 0)
      const { state, failure } = (await store.erasures.find('default', id))!
      return { state, failure, erased: [...erased] }
    }
    const waiting = { state: 'waiting', failure: 'rows_on_their_way', erased: [] }
    assert.deepEqual(await look(), waiting)
    await work(GIVEN_UP)
    assert.deepEqual(await look(), waiting)
    await work(null)
    assert.deepEqual(await look(), waiting)
    await store.sql.executeSql(`update shipment set sent_at = sent_at - interval '1 hour'`)
    assert.deepEqual(await look(), { state: 'completed', failure: null, erased: ['a'] })
  })
})
