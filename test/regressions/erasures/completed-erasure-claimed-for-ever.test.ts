import assert from 'node:assert/strict'
import { after, it } from 'node:test'

import { eachHome, openTestStore } from '../../support/databases/database.ts'
import { openBefore } from '../../support/databases/schema-before.ts'
import { audit, claimKey, ids } from '../../support/stages/store-uploads.ts'

/**
 * The instance was killed, or lost the database, after it had completed an erasure and before it
 * released it. The erasure was then claimed again and again. Each claim failed, because the person
 * was no longer stored, and other erasures had to wait for the next try.
 */
eachHome('A completed erasure', (home) => {
  const closing: (() => Promise<void>)[] = []
  after(async () => {
    for (const close of closing) await close()
  })

  const completed = async () => {
    const store = await openTestStore(await home.fresh())
    closing.push(() => store.close())
    await store.access.ensureAdmin({ digest: Buffer.alloc(32, 3), scopes: ['admin'] })
    const [id, key] = [ids.newId('era'), ids.newUuid()]
    await claimKey(store, key)
    await store.erasures.ask({
      ...{ id, tenantId: 'default', actor: 'key_1', audit: audit('erasure.accepted', id) },
      subject: { kind: 'phone', contactListId: null, value: '+12125550101' },
      scope: { tenantId: 'default', method: 'POST', path: '/x', key, owner: 'me' },
      answerOf: () => ({ fingerprint: 'print', status: 202, body: '{}', location: null }),
    })
    const work = await store.erasures.claim('first')
    assert.ok(work !== null)
    await store.erasures.complete(work, () => audit('erasure.completed', id))
    return { store, work }
  }

  it('is not claimed again if the instance that completed it was killed before the release', async () => {
    const { store } = await completed()
    await store.sql.executeSql('update erasure set lease_until = null')
    assert.equal(await store.erasures.claim('next'), null)
  })

  it('is not claimed again if the instance takes it for failed, because the answer was lost', async () => {
    const { store, work } = await completed()
    await store.erasures.release(work.claim, 0)
    assert.equal(await store.erasures.claim('next'), null)
  })

  it('is put to rest if an instance of an earlier version left it ready', async () => {
    const { store } = await completed()
    await store.sql.executeSql('update erasure set ready_at = clock_timestamp()')
    assert.equal(await store.erasures.claim('next'), null)
    const { rows } = await store.sql.executeSql(
      `select ready_at = 'infinity' as rests, owner from erasure`,
    )
    assert.deepEqual(rows, [{ rests: true, owner: null }])
  })

  it('from an earlier version is not claimed again, and an open one still is', async () => {
    const { database, executeSql, migrate } = await openBefore(home, '0091-completed-erasures-rest')
    closing.push(() => database.close())
    await executeSql(`insert into tenant (id) values ('default')`)
    await executeSql(`insert into erasure (id, tenant_id, kind, subject_digest, sealed_subject, state, completed_at, actor, request_id) values
      ('era_done', 'default', 'phone', '', null, 'completed', clock_timestamp(), 'a', 'r'),
      ('era_some', 'default', 'phone', '', null, 'completed_with_remains', clock_timestamp(), 'a', 'r'),
      ('era_open', 'default', 'phone', '', '\\x01', 'waiting', null, 'a', 'r')`)
    await migrate()
    const { rows } = await executeSql(
      `select id from erasure where ready_at < 'infinity' order by id`,
    )
    assert.deepEqual(rows, [{ id: 'era_open' }])
  })
})
