import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'

import { GenesysFailure } from '../../../src/domain/genesys/genesys-failure.ts'
import type { GenesysFailureKind } from '../../../src/domain/genesys/genesys-failure.ts'
import { systemClock } from '../../../src/lib/clock.ts'
import type { Store } from '../../../src/store/homes/open-store.ts'
import type { Emit } from '../../../src/telemetry/events.ts'
import { createEraseSubject } from '../../../src/workflows/erasures/erase-subject.ts'
import { eachHome, openTestStore } from '../../support/databases/database.ts'
import { contactsOf, deliver } from '../../support/stages/delivered.ts'
import { audit, claimKey, ids } from '../../support/stages/store-uploads.ts'

/** More claims than an erasure may need for one contact that Genesys always refuses to delete. */
const CLAIMS = 150

/**
 * The erasure stopped at the first contact that Genesys did not delete, and began with this contact
 * again at the next try. So it never deleted the person's other contacts, and never ended.
 */
eachHome('An erasure of which Genesys refuses to delete one contact', (home) => {
  let store: Store
  before(async () => {
    store = await openTestStore(await home.fresh())
    await store.access.ensureAdmin({ digest: Buffer.alloc(32, 3), scopes: ['admin'] })
  })
  after(() => store.close())

  /** An erasure of a person with three contacts. Genesys always refuses the first that it gets. */
  const erasureOf = async (phone: string, kind: GenesysFailureKind) => {
    const list = `list-${ids.newUuid()}`
    const people = { [`${phone}-a`]: [phone], [`${phone}-b`]: [phone], [`${phone}-c`]: [phone] }
    await deliver(store, list, contactsOf(store, people))
    const [id, key] = [ids.newId('era'), ids.newUuid()]
    await claimKey(store, key)
    await store.erasures.ask({
      ...{ id, tenantId: 'default', actor: 'key_1', audit: audit('erasure.accepted', id) },
      subject: { kind: 'phone', contactListId: null, value: phone },
      scope: { tenantId: 'default', method: 'POST', path: '/x', key, owner: 'me' },
      answerOf: () => ({ fingerprint: 'print', status: 202, body: '{}', location: null }),
    })
    const asked: string[] = []
    const waits: unknown[] = []
    const emit: Emit = (name, fields) => {
      if (name === 'erasure.waiting') waits.push(fields)
    }
    const erase = createEraseSubject({
      erasures: store.erasures,
      contactLists: { readJob: () => assert.fail('there is no job') },
      contacts: {
        erase: ({ contactId }) => {
          asked.push(contactId)
          if (contactId !== asked[0]) return Promise.resolve('deleted')
          const about = { status: 400, retryAfterMs: 60_000 }
          return Promise.reject(new GenesysFailure(kind, 'delete-contact', about))
        },
      },
      ...{ clock: systemClock, ids, emit, random: () => 1 },
    })
    /** Claims and works once. Returns the milliseconds until the next claim. null: it has ended. */
    const workOnce = async (): Promise<number | null> => {
      await store.sql.executeSql(`update erasure set ready_at = 'infinity' where id <> '${id}'`)
      const work = await store.erasures.claim('me')
      assert.ok(work !== null)
      const lease = { signal: new AbortController().signal, assertHeld: () => {} }
      const inMs = await erase(work, lease)
      await store.erasures.release(work.claim, inMs === null ? null : 0)
      return inMs
    }
    return {
      ...{ id, asked, waits, workOnce },
      receipt: async () => (await store.erasures.find('default', id))!,
      /** Lets every wait for this contact end. */
      waited: () =>
        store.sql.executeSql(`update erasure_contact set due_at = due_at - interval '1 hour'`),
    }
  }

  it('deletes the others, and asks for this one again only after a wait', async () => {
    const at = await erasureOf('+12125550111', 'refused')
    await at.workOnce()
    assert.equal(new Set(at.asked).size, 3)
    const waiting = await at.receipt()
    assert.deepEqual(
      [waiting.state, waiting.failure, waiting.places.genesys_contacts?.erased],
      ['waiting', 'refused', 2],
    )
    await at.workOnce()
    assert.equal(at.asked.length, 3, 'the wait is not over')
    await at.waited()
    await at.workOnce()
    assert.deepEqual(at.asked.slice(3), [at.asked[0]])
    const about = { erasureId: at.id, failure: 'refused' }
    assert.deepEqual(at.waits, [
      { ...about, attempt: 1, retryInMs: 61_000 },
      { ...about, attempt: 2, retryInMs: 62_000 },
    ])
  })

  it('ends after many refusals, and says on the receipt that Genesys has the contact', async () => {
    const at = await erasureOf('+12125550112', 'refused')
    for (let claim = 0; claim < CLAIMS && (await at.workOnce()) !== null; claim += 1) {
      await at.waited()
    }
    const { state, places } = await at.receipt()
    assert.deepEqual(
      [state, places.genesys_contacts, places.register?.erased],
      [
        'completed_with_remains',
        { found: 3, erased: 2, remains: { genesys_refuses_deletion: 1 } },
        3,
      ],
    )
  })

  for (const [what, kind, phone] of [
    ['a right is missing for the list of this one', 'forbidden', '+12125550113'],
    ['the answer about this one is malformed', 'malformed_answer', '+12125550114'],
  ] as const)
    it(`deletes the others also if ${what}, and never gives it up`, async () => {
      const at = await erasureOf(phone, kind)
      for (let claim = 0; claim < CLAIMS; claim += 1) {
        assert.ok((await at.workOnce()) !== null)
        await at.waited()
      }
      const { state, failure, places } = await at.receipt()
      assert.deepEqual(
        [state, failure, places.genesys_contacts],
        ['waiting', kind, { found: 2, erased: 2, remains: {} }],
      )
    })
})
