import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'

import type { Store } from '../../../src/store/homes/open-store.ts'
import { eachHome, openTestStore } from '../../support/databases/database.ts'
import {
  failure,
  PLAN,
  problemOf,
  setUpProvisioning,
} from '../../support/memory/memory-provisioning.ts'
import { audit } from '../../support/stages/store-uploads.ts'

/**
 * Two tenants made a list of the same name at the same time. Genesys did not answer one of them,
 * and that call found the list of the other by its name. The other still waited until its list was
 * ready, and a list had an owner only after that wait. So both tenants were granted the one list.
 */
eachHome('A list that another call makes at the same time', (home) => {
  let store: Store
  before(async () => {
    store = await openTestStore(await home.fresh())
    await store.sql.executeSql(`insert into tenant (id) values ('one'), ('other')`)
  })
  after(() => store.close())

  const setUp = () => {
    const stage = setUpProvisioning()
    Object.assign(stage.deps, {
      ...{ made: store.provisioning, idempotency: store.idempotency, access: store.access },
    })
    return stage
  }
  const owners = async (): Promise<unknown[]> =>
    (
      await store.sql.executeSql(
        `select tenant_id from tenant_grant where kind = 'contact_list' order by tenant_id`,
      )
    ).rows

  it('is not found by a call whose own list Genesys did not make, although it waits to be ready', async () => {
    const { call, deps } = setUp()
    const { createContactList } = deps.provisioning
    const { readContactList } = deps.contactLists
    const waits = Promise.withResolvers<void>()
    const goesOn = Promise.withResolvers<void>()
    let made: Promise<{ location: string | null }> | null = null
    deps.provisioning.createContactList = async (plan, context) => {
      if (context.tenantId === 'one') return createContactList(plan, context)
      made = call('key-one', PLAN, 'one')
      await waits.promise
      throw failure('unavailable')
    }
    deps.contactLists.readContactList = async (id, context) => {
      if (context.tenantId === 'one') {
        waits.resolve()
        await goesOn.promise
      }
      return readContactList(id, context)
    }

    const problem = await problemOf(call('key-other', PLAN, 'other')).catch(() => null)
    goesOn.resolve()
    const answer = await made!
    assert.deepEqual(await owners(), [{ tenant_id: 'one' }])
    assert.equal(answer.location, '/v1/contact-lists/list-1')
    assert.equal(problem?.code, 'genesys-unavailable')
  })

  it('stays with the call that made it if a search found it before Genesys had answered that call', async () => {
    const scopeOf = (tenantId: string) => ({ tenantId, method: 'POST', path: '/x', key: 'k' })
    const [maker, finder] = [scopeOf('one'), scopeOf('other')]

    for (const scope of [maker, finder]) {
      await store.idempotency.claim({ ...scope, owner: 'me', deadAfterMs: 60_000 })
      await store.provisioning.intend(scope, 'print', audit('list.provisioned', 'print'))
    }
    await store.provisioning.noteMade(maker, 'list-9')
    assert.deepEqual(await store.provisioning.taken('other', ['list-9']), ['list-9'])
    const finish = (scope: typeof maker) =>
      store.provisioning.finish({
        ...{
          scope,
          owner: 'me',
          fingerprint: 'print',
          listId: 'list-9',
          audit: audit('list.provisioned', 'print'),
        },
        answer: { status: 201, body: '{}', location: '/l' },
      })
    assert.equal(await finish(finder), 'taken')
    assert.equal((await store.provisioning.intentOf(maker))?.listId, 'list-9')
    assert.equal(await finish(maker), 'finished')
    assert.equal(await finish(finder), 'taken')
    assert.equal(await store.access.isGranted('other', 'contact_list', 'list-9'), false)
  })
})
