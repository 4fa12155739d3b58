import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'

import type { Store } from '../../../src/store/homes/open-store.ts'
import { type OtherSession, openOtherSession } from '../../support/databases/blocked.ts'
import { serverHome } from '../../support/databases/database.ts'
import {
  ANN,
  idsOf,
  look,
  openIn,
  openStore,
  PEOPLE,
} from '../../support/do-not-call/delivered-before.ts'
import { acceptEntries } from '../../support/do-not-call/dnc-entries.ts'
import { contactsOf, send, settleSent } from '../../support/stages/delivered.ts'

describe('A settlement beside entries that are being added', { skip: serverHome().skip }, () => {
  const home = serverHome()
  let store: Store
  let other: OtherSession
  before(async () => {
    const place = await home.fresh()
    assert.ok(place.kind === 'server')
    store = await openStore(place)
    other = await openOtherSession(place.url)
  })
  after(async () => {
    await other.close()
    await store.close()
    await home.close()
  })

  it('waits for their commit, and notes the contact whose try was recorded just before', async () => {
    const sent = await send(store, 'beside', contactsOf(store, PEOPLE))
    const { text, values } = acceptEntries(store, [ANN])
    await other.query('begin')
    await other.query(text, values)
    const settled = settleSent(store, sent)
    // The beginning of the statement that settles. The server shows only this much of it.
    await other.untilBlocked('settled as (update batch')
    await other.query('commit')
    await settled
    assert.deepEqual(idsOf(await openIn(store, 'beside')), ['ann'])
    await store.sql.executeSql('delete from dnc_submission')
  })

  it('that has begun keeps entries from being accepted, and their look finds what it wrote', async () => {
    const sent = await send(store, 'first', contactsOf(store, PEOPLE))
    await other.query('begin')
    // Takes the lock that settling takes.
    await other.query(`select epoch from suppression_epoch for share`)
    const { text, values } = acceptEntries(store, [ANN], { lists: ['first'] })
    const accepted = store.sql.executeSql(text, values)
    await other.untilBlocked('suppression_epoch')
    assert.equal(await look(store), 0)
    await settleSent(store, sent)
    await other.query('commit')
    await accepted
    assert.equal(await look(store), 1)
    assert.deepEqual(idsOf(await openIn(store, 'first')), ['ann'])
  })
})
