import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'

import { keyedDigest } from '../../../../src/lib/keyed-digest.ts'
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
const [DAN] = PEOPLE.dan as [string]

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

  const digestOf = (contactId: string): string =>
    keyedDigest(store.digestKey, contactId).toString('hex')
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

  it('is retracted again if another tenant delivered it afterwards, whichever tenant was first', async () => {
    await retractAll()
    const run = (text: string) => store.sql.executeSql(text)
    await run(`update dnc_entry set expires_at = null`)
    await addEntries(store, [ANN, DAN])
    await look(store)
    await retractAll()
    await run(`insert into tenant (id) values ('other')`)
    await run(`insert into register (tenant_id, list_id) values ('other', '${LIST}')`)
    await run(`insert into contact_register
      select (jsonb_populate_record(c, jsonb_build_object('register_id', (select id from register where tenant_id = 'other'),
        'delivered_at', clock_timestamp()))).* from contact_register c`)
    // Ann's newer content is that of the other tenant, and Dan's is that of the first tenant.
    await run(`update contact_register c set delivered_at = other.delivered_at from contact_register other
      where other.contact_digest = c.contact_digest and other.register_id <> c.register_id and c.contact_digest = '\\x${digestOf('dan')}'`)
    await run(`update contact_register c set delivered_at = now() - interval '1 hour'
      where contact_digest = '\\x${digestOf('dan')}' and register_id = (select id from register where tenant_id = 'other')`)
    await addEntries(store, [ANN, DAN])
    await look(store)
    assert.deepEqual(idsOf(await openIn(store, LIST)), ['ann', 'dan'])
  })
})
