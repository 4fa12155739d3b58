import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'

import { SUBSCRIPTIONS } from '../../../src/domain/genesys-events/genesys-webhook.ts'
import { sha256 } from '../../../src/lib/digest.ts'
import type { Store } from '../../../src/store/homes/open-store.ts'
import { eachHome, openTestStore } from '../../support/databases/database.ts'

/**
 * A process was frozen while it subscribed, and another process subscribed again. The late result
 * of the first attempt replaced the state of the second, whose result was then dropped. So the
 * gateway forgot the subscription that Genesys has, and made one more.
 */
eachHome('The result of an attempt to subscribe', (home) => {
  let store: Store
  before(async () => {
    store = await openTestStore(await home.fresh())
    await store.home.bind({ dialect: 'guide', apiHost: 'api.one', clientId: 'c' })
  })
  after(() => store.close())

  it('counts only for this attempt, however late it comes', async () => {
    const { eventType } = SUBSCRIPTIONS.event
    const target = { eventType, digest: sha256('https://gateway.example/webhooks') }
    const first = await store.subscriptions.claim(target, 120_000)
    assert.deepEqual(first, { claimed: true, attempt: 1 })
    await store.sql.executeSql(`update event_subscription set state = 'refused', next_at = now()`)
    const second = await store.subscriptions.claim(target, 120_000)
    assert.deepEqual(second, { claimed: true, attempt: 2 })
    await store.subscriptions.record(target, 1, { state: 'refused', nextInMs: 0 })
    await store.subscriptions.record(target, 2, { state: 'registered', genesysId: 'sub-2' })
    const { rows } = await store.sql.executeSql('select state, genesys_id from event_subscription')
    assert.deepEqual(rows, [{ state: 'registered', genesys_id: 'sub-2' }])
  })
})
