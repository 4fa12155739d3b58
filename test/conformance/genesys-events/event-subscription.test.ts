import assert from 'node:assert/strict'
import { after, before, beforeEach, it } from 'node:test'

import { GenesysFailure } from '../../../src/domain/genesys/genesys-failure.ts'
import type { Store } from '../../../src/store/homes/open-store.ts'
import { createEventSubscription } from '../../../src/workflows/genesys-events/subscribe-to-events.ts'
import type { EventSubscriptionPort } from '../../../src/workflows/ports/contact-lists/provisioning.ts'
import { eachHome, openTestStore } from '../../support/databases/database.ts'
import { ids, stageUpload } from '../../support/stages/store-uploads.ts'
import { createManualClock } from '../../support/stages/test-clock.ts'

const URL_ONE = 'https://gateway.example/webhooks/genesys/uploads?token=one'
const URL_TWO = 'https://moved.example/webhooks/genesys/uploads?token=one'

eachHome('The subscription to Genesys events', (home) => {
  let store: Store
  let asked: string[] = []
  let answer: () => Promise<{ id: string }> = async () => ({ id: 'sub-1' })
  const genesys: EventSubscriptionPort = {
    subscribe: async ({ url }) => {
      asked.push(url)
      return answer()
    },
  }

  before(async () => {
    store = await openTestStore(await home.fresh())
    await store.home.bind({ dialect: 'guide', apiHost: 'api.example', clientId: 'client' })
  })
  after(() => store.close())
  beforeEach(async () => {
    for (const table of ['event_subscription', 'webhook_receipt', 'upload']) {
      await store.sql.executeSql(`delete from ${table}`)
    }
    asked = []
    answer = async () => ({ id: 'sub-1' })
  })

  /**
   * Starts an instance, waits for its first check, and stops the instance. Returns the state that
   * it found.
   */
  const look = async (targetUrl = URL_ONE, route: 'event' | 'dnc' = 'event'): Promise<string> => {
    const looked = Promise.withResolvers<void>()
    const clock = createManualClock()
    const subscription = createEventSubscription({
      route,
      genesys,
      subscriptions: {
        claim: async (...given) => {
          const claim = await store.subscriptions.claim(...given)
          if (!claim.claimed) setImmediate(looked.resolve)
          return claim
        },
        record: store.subscriptions.record,
        forget: store.subscriptions.forget,
      },
      targetUrl,
      clock,
      random: () => 0.5,
      emit: () => looked.resolve(),
    })
    subscription.start()
    await looked.promise
    await subscription.stop()
    return subscription.status()
  }

  it('is made once by three instances that start together, and not again after a restart', async () => {
    const words = await Promise.all([look(), look(), look()])
    assert.deepEqual(asked, [URL_ONE])
    assert.equal(await look(), 'subscribed to the end of uploads')
    assert.equal(asked.length, 1)
    assert.ok(words.every((word) => word.includes('to the end of uploads')))
    const { rows } = await store.sql.executeSql(`select state, genesys_id from event_subscription`)
    assert.deepEqual(rows, [{ state: 'registered', genesys_id: 'sub-1' }])
  })

  it('is made again for another address, and for another org', async () => {
    await look()
    await look(URL_TWO)
    assert.deepEqual(asked, [URL_ONE, URL_TWO])
    await store.home.bind({ dialect: 'guide', apiHost: 'other.example', clientId: 'client' })
    await look()
    assert.equal(asked.length, 3)
    await store.home.bind({ dialect: 'guide', apiHost: 'api.example', clientId: 'client' })
  })

  it('is tried again after a refusal, when its time has come', async () => {
    answer = async () => {
      throw new GenesysFailure('forbidden', 'subscribe-event', { status: 403 })
    }
    assert.match(await look(), /refused .*\(forbidden\)/)
    await look()
    assert.equal(asked.length, 1)
    answer = async () => ({ id: 'sub-2' })
    await store.sql.executeSql(`update event_subscription set next_at = clock_timestamp()`)
    assert.equal(await look(), 'subscribed to the end of uploads')
    assert.equal(asked.length, 2)
  })

  const loseAnswer = async (): Promise<void> => {
    answer = async () => {
      throw new GenesysFailure('unavailable', 'subscribe-event')
    }
    assert.match(await look(), /it is unknown whether/)
    answer = async () => ({ id: 'sub-2' })
    await store.sql.executeSql(
      `update event_subscription set next_at = clock_timestamp(), attempted_at = attempted_at - interval '1 h'`,
    )
  }

  it('is not asked for blindly after an unknown outcome', async () => {
    await loseAnswer()
    assert.match(await look(), /it is unknown whether/)
    assert.equal(asked.length, 1)
  })

  it('is known to stand after an unknown outcome, as soon as an event comes', async () => {
    await loseAnswer()
    await store.receipts.record({
      id: ids.newId('rcp'),
      route: 'event',
      key: Buffer.alloc(32, 9),
      partId: null,
      jobId: 'job-1',
      listId: null,
      status: null,
      processed: null,
      failed: null,
      bodyDigest: Buffer.alloc(32),
      ignored: null,
    })
    assert.equal(await look(), 'subscribed to the end of uploads')
    assert.equal(asked.length, 1)
  })

  it('is made again after an unknown outcome, when an upload ended and no event came', async () => {
    await loseAnswer()
    await stageUpload(store)
    const end = (ago: string) =>
      store.sql.executeSql(`update upload set state = 'completed', rows_delivered = rows_accepted,
        completed_at = clock_timestamp() - interval '${ago}'`)
    await end('1 min')
    assert.match(await look(), /it is unknown whether/)
    await end('6 min')
    assert.equal(await look(), 'subscribed to the end of uploads')
    assert.equal(asked.length, 2)
  })

  const eventComes = () =>
    store.receipts.record({
      id: ids.newId('rcp'),
      route: 'event',
      key: Buffer.from(ids.newUuid()),
      partId: null,
      jobId: 'job-1',
      listId: null,
      status: null,
      processed: null,
      failed: null,
      bodyDigest: Buffer.alloc(32),
      ignored: null,
    })
  /**
   * An upload that was accepted and delivered, and ended this long ago. Everything before that is
   * older.
   */
  const uploadEnded = async (ago: string): Promise<void> => {
    for (const [table, column] of [
      ['event_subscription', 'attempted_at'],
      ['webhook_receipt', 'received_at'],
    ] as const) {
      await store.sql.executeSql(`update ${table} set ${column} = ${column} - interval '1 h'`)
    }
    await stageUpload(store)
    await store.sql
      .executeSql(`update upload set state = 'completed', rows_delivered = rows_accepted,
      created_at = clock_timestamp() - interval '30 min', completed_at = clock_timestamp() - interval '${ago}'`)
  }

  it('is made again when Genesys has lost it: an upload ended and no event came since it was accepted', async () => {
    await look()
    await eventComes()
    await uploadEnded('1 min')
    await look()
    assert.equal(asked.length, 1)
    await uploadEnded('6 min')
    assert.equal(await look(), 'subscribed to the end of uploads')
    assert.equal(asked.length, 2)
  })

  it('stands as long as events come, and is proven again by a late one', async () => {
    await look()
    await uploadEnded('6 min')
    await eventComes()
    assert.equal(await look(), 'subscribed to the end of uploads')
    assert.equal(asked.length, 1)
  })

  it('is made again ever more seldom where events never come, and is not called subscribed meanwhile', async () => {
    await look()
    await uploadEnded('6 min')
    await look()
    assert.equal(asked.length, 2)
    await store.sql.executeSql(
      `update event_subscription set attempted_at = clock_timestamp() - interval '15 min'`,
    )
    await store.sql.executeSql(
      `update upload set created_at = clock_timestamp() - interval '10 min'`,
    )
    assert.match(await look(), /it is unknown whether/)
    assert.equal(asked.length, 2)
    await eventComes()
    assert.equal(await look(), 'subscribed to the end of uploads')
  })

  it('is made anew once it is forgotten', async () => {
    await look()
    await store.subscriptions.forget()
    await look()
    assert.equal(asked.length, 2)
  })

  it('to new entries is doubted by entries that Genesys stored without a word of them, and by nothing of uploads', async () => {
    assert.equal(await look(URL_TWO, 'dnc'), 'subscribed to new entries of DNC lists')
    await store.sql.executeSql(
      `update event_subscription set attempted_at = attempted_at - interval '1 h'`,
    )
    await uploadEnded('6 min')
    await look(URL_TWO, 'dnc')
    assert.equal(asked.length, 1)
    await store.sql.executeSql(`insert into tenant (id) values ('default') on conflict do nothing`)
    const entries = (ago: string) => `insert into dnc_submission
      (id, tenant_id, dnc_list_id, kind, state, epoch, read, accepted, created, created_at, applied_at, actor, request_id, owner)
      select $1, 'default', 'dnc-1', 'add', 'applied', 1, 1, 1, 1, clock_timestamp() - interval '${ago}',
        clock_timestamp() - interval '${ago}', 'a', 'r', 'me'`
    await store.sql.executeSql(entries('10 min'), [ids.newId('dns')])
    await look(URL_TWO, 'dnc')
    assert.equal(asked.length, 2)
  })

  it('has an unknown outcome when the instance that was at it died', async () => {
    const target = { eventType: 'outbound.contact.upload.completed', digest: Buffer.alloc(32) }
    assert.deepEqual(await store.subscriptions.claim(target, 60_000), { claimed: true, attempt: 1 })
    const state = async () => {
      const claim = await store.subscriptions.claim(target, 60_000)
      return claim.claimed ? 'claimed' : claim.state
    }
    assert.equal(await state(), 'registering')
    await store.sql.executeSql(
      `update event_subscription set attempted_at = attempted_at - interval '2 min'`,
    )
    assert.equal(await state(), 'unknown')
  })
})
