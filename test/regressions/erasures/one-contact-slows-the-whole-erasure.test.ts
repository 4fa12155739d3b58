import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'

import { GenesysFailure } from '../../../src/domain/genesys/genesys-failure.ts'
import type { GenesysFailureKind } from '../../../src/domain/genesys/genesys-failure.ts'
import { systemClock } from '../../../src/lib/clock.ts'
import type { Store } from '../../../src/store/homes/open-store.ts'
import { createEraseSubject } from '../../../src/workflows/erasures/erase-subject.ts'
import { eachHome, openTestStore } from '../../support/databases/database.ts'
import { contactsOf, deliver } from '../../support/stages/delivered.ts'
import { audit, claimKey, ids } from '../../support/stages/store-uploads.ts'

/**
 * The erasure counted every wait as a failed attempt, also waits for one contact that Genesys
 * refuses to delete. The count never began anew. So after a first short outage, the erasure waited
 * up to a quarter of an hour for the next attempt.
 */
eachHome('The wait of an erasure after an outage', (home) => {
  let store: Store
  before(async () => {
    store = await openTestStore(await home.fresh())
    await store.access.ensureAdmin({ digest: Buffer.alloc(32, 3), scopes: ['admin'] })
  })
  after(() => store.close())

  /** An erasure of a person with two contacts. `answers`: what Genesys says about each of them. */
  const erasureOf = async (phone: string) => {
    const list = `list-${ids.newUuid()}`
    await deliver(store, list, contactsOf(store, { [`${phone}-a`]: [phone] }))
    await deliver(store, list, contactsOf(store, { [`${phone}-b`]: [phone] }))
    const [id, key] = [ids.newId('era'), ids.newUuid()]
    await claimKey(store, key)
    await store.erasures.ask({
      ...{ id, tenantId: 'default', actor: 'key_1', audit: audit('erasure.accepted', id) },
      subject: { kind: 'phone', contactListId: null, value: phone },
      scope: { tenantId: 'default', method: 'POST', path: '/x', key, owner: 'me' },
      answerOf: () => ({ fingerprint: 'print', status: 202, body: '{}', location: null }),
    })
    const answers: Record<'a' | 'b', GenesysFailureKind | 'deleted'> = {
      a: 'deleted',
      b: 'deleted',
    }
    const erase = createEraseSubject({
      erasures: store.erasures,
      contactLists: { readJob: () => assert.fail('there is no job') },
      contacts: {
        erase: async ({ contactId }) => {
          const answer = answers[contactId.endsWith('a') ? 'a' : 'b']
          if (answer === 'deleted') return 'deleted'
          throw new GenesysFailure(answer, 'delete-contact')
        },
      },
      ...{ clock: systemClock, ids, emit: () => {}, random: () => 1 },
    })
    /**
     * Works once, after every wait for a contact. Returns the wait until the next claim.
     */
    const work = async (): Promise<number | null> => {
      await store.sql.executeSql(`update erasure set ready_at = 'infinity' where id <> '${id}'`)
      await store.sql.executeSql(
        `update erasure_contact set due_at = due_at - interval '1 hour' where erasure_id = '${id}'`,
      )
      const claimed = await store.erasures.claim('me')
      assert.ok(claimed !== null)
      const lease = { signal: new AbortController().signal, assertHeld: () => {} }
      const inMs = await erase(claimed, lease)
      await store.erasures.release(claimed.claim, inMs === null ? null : 0)
      return inMs
    }
    return { answers, work }
  }

  for (const [what, kind, phone] of [
    ['Genesys refused often to delete', 'refused', '+12125550121'],
    ['for which a right is missing', 'forbidden', '+12125550122'],
  ] as const) {
    it(`begins with a second although the person has a contact that ${what}`, async () => {
      const at = await erasureOf(phone)
      Object.assign(at.answers, { a: kind, b: 'refused' })
      for (let claim = 0; claim < 12; claim += 1) await at.work()
      Object.assign(at.answers, { a: 'unavailable', b: 'unavailable' })
      assert.equal(await at.work(), 1_000)
      assert.equal(await at.work(), 2_000)
    })
  }

  it('grows in an outage, and begins anew after Genesys has answered', async () => {
    const at = await erasureOf('+12125550123')
    Object.assign(at.answers, { a: 'unavailable', b: 'unavailable' })
    const waits: (number | null)[] = []
    for (let claim = 0; claim < 5; claim += 1) waits.push(await at.work())
    assert.deepEqual(waits, [1_000, 2_000, 4_000, 8_000, 16_000])
    Object.assign(at.answers, { a: 'refused', b: 'refused' })
    await at.work()
    Object.assign(at.answers, { a: 'unavailable', b: 'unavailable' })
    assert.equal(await at.work(), 1_000)
  })

  it('is at most a minute for one contact, so that the others are not kept from being deleted', async () => {
    const at = await erasureOf('+12125550124')
    Object.assign(at.answers, { a: 'forbidden' })
    for (let claim = 0; claim < 12; claim += 1) assert.ok((await at.work())! <= 60_000)
  })
})
