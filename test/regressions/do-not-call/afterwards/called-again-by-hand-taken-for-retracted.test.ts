import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'

import type { Store } from '../../../../src/store/homes/open-store.ts'
import { eachHome } from '../../../support/databases/database.ts'
import {
  ANN,
  idsOf,
  look,
  openIn,
  openStore,
  PEOPLE,
} from '../../../support/do-not-call/delivered-before.ts'
import { addEntries } from '../../../support/do-not-call/dnc-entries.ts'
import { contactsOf, deliver } from '../../../support/stages/delivered.ts'
import { audit } from '../../../support/stages/store-uploads.ts'

const LIST = 'by-hand'

/**
 * After a removal, a contact may be made callable in Genesys by hand. The next entry about the
 * person then counted the contact as retracted without a call, and Genesys went on to dial.
 */
eachHome('A contact that was retracted because of an entry', (home) => {
  let store: Store
  before(async () => {
    store = await openStore(await home.fresh())
    await deliver(store, LIST, contactsOf(store, PEOPLE))
  })
  after(() => store.close())

  const retractAll = async (): Promise<void> => {
    const found = await openIn(store, LIST)
    await store.sql.executeSql(`update dnc_retraction_lane set ready_at = now()`)
    const claim = (await store.retractions.claim('me'))!
    await store.retractions.settle(claim, found, 'retracted', [audit('dnc.retracted', 'dns')])
    await store.retractions.release(claim, null)
  }

  it('is retracted again because of a new entry only if the earlier one is over', async () => {
    await addEntries(store, [ANN])
    await look(store)
    await retractAll()
    await addEntries(store, [ANN])
    await look(store)
    assert.deepEqual(await openIn(store, LIST), [])
    await store.sql.executeSql('update dnc_entry set closed_by = 1')
    await addEntries(store, [ANN])
    await look(store)
    assert.deepEqual(idsOf(await openIn(store, LIST)), ['ann'])
    await retractAll()
    await store.sql.executeSql(`update dnc_entry set expires_at = now() - interval '2 days'`)
    await addEntries(store, [ANN])
    await look(store)
    assert.deepEqual(idsOf(await openIn(store, LIST)), ['ann'])
  })
})
