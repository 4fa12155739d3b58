import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'

import type { Store } from '../../../src/store/homes/open-store.ts'
import { eachHome, openTestStore } from '../../support/databases/database.ts'
import { keyDigest } from '../../support/stages/sealed-rows.ts'
import { audit, ids } from '../../support/stages/store-uploads.ts'

eachHome('The making of contact lists', (home) => {
  let store: Store
  before(async () => {
    store = await openTestStore(await home.fresh())
    await store.access.ensureAdmin({ digest: Buffer.alloc(32, 3), scopes: ['admin'] })
    await store.sql.executeSql(`insert into tenant (id) values ('narrow'), ('other')`)
  })
  after(() => store.close())

  const scopeOf = (tenantId = 'default') => ({
    tenantId,
    method: 'POST',
    path: '/v1/contact-lists',
    key: ids.newUuid(),
  })
  type Scope = ReturnType<typeof scopeOf>
  const claim = (scope: Scope, owner = 'me') =>
    store.idempotency.claim({ ...scope, owner, deadAfterMs: 60_000 })
  const finish = (scope: Scope, listId: string, more: { owner?: string; auditId?: string } = {}) =>
    store.provisioning.finish({
      scope,
      owner: more.owner ?? 'me',
      fingerprint: 'print',
      listId,
      answer: { status: 201, body: '{}', location: `/v1/contact-lists/${listId}` },
      audit: { ...audit('list.provisioned', listId), id: more.auditId ?? ids.newId('aud') },
    })
  const intend = (scope: Scope, fingerprint = 'print') =>
    store.provisioning.intend(scope, fingerprint, audit('list.provisioned', 'print'))

  it('knows for half a minute that a list is new, whoever made it and whatever the clock does', async () => {
    const made = (by: string) =>
      store.sql.executeSql(`update new_list set made_at = made_at + $1::interval`, [by])
    assert.equal(await store.newLists.has('fresh'), false)
    await store.newLists.add('fresh')
    assert.equal(await store.newLists.has('fresh'), true)
    for (const by of ['-31 s', '1 h']) {
      await made(by)
      assert.equal(await store.newLists.has('fresh'), false, by)
      await store.newLists.add('fresh')
      assert.equal(await store.newLists.has('fresh'), true)
    }
    await made('-31 s')
    await store.newLists.add('next')
    const { rows } = await store.sql.executeSql('select list_id from new_list')
    assert.deepEqual(rows, [{ list_id: 'next' }])
  })

  it('remembers an intent with its age until it is finished or known to have made nothing', async () => {
    const scope = scopeOf()
    assert.equal(await store.provisioning.intentOf(scope), null)
    await intend(scope)
    const intent = await store.provisioning.intentOf(scope)
    assert.equal(intent?.fingerprint, 'print')
    assert.ok(intent.ageMs >= 0 && intent.ageMs < 60_000)
    assert.equal(await store.provisioning.intentOf({ ...scope, tenantId: 'other' }), null)
    await store.sql.executeSql(
      `update list_intent set intended_at = intended_at - interval '1 hour' where key_digest = $1`,
      [keyDigest(store, scope.key)],
    )
    assert.ok((await store.provisioning.intentOf(scope))!.ageMs >= 3_600_000)
    await intend(scope, 'second')
    const again = await store.provisioning.intentOf(scope)
    assert.equal(again?.fingerprint, 'second')
    assert.ok(again.ageMs < 60_000)
    await store.provisioning.forget(scope, audit('list.provisioned', 'second'))
    assert.equal(await store.provisioning.intentOf(scope), null)
  })

  it('finishes in one transaction: the answer is replayed, the intent over, the list granted where it must be', async () => {
    const wide = scopeOf()
    await claim(wide)
    await intend(wide)
    assert.equal(await finish(wide, 'list-wide'), 'finished')
    const replayed = await claim(wide, 'another')
    assert.ok(replayed.kind === 'done')
    assert.deepEqual(
      [replayed.fingerprint, replayed.status, replayed.location],
      ['print', 201, '/v1/contact-lists/list-wide'],
    )
    assert.equal(await store.provisioning.intentOf(wide), null)
    const narrow = scopeOf('narrow')
    await claim(narrow)
    await finish(narrow, 'list-narrow')
    assert.equal(await store.access.isGranted('narrow', 'contact_list', 'list-narrow'), true)
    assert.equal(await store.access.isGranted('narrow', 'contact_list', 'list-wide'), false)
    const { rows } = await store.sql.executeSql(
      `select object_id from tenant_grant where tenant_id = 'default' and kind = 'contact_list'`,
    )
    assert.deepEqual(rows, [{ object_id: '*' }], 'who is granted all needs no grant of one')
  })

  it('writes nothing when the claim was lost, or when its last statement fails', async () => {
    const lost = scopeOf('narrow')
    await claim(lost, 'another')
    await intend(lost)
    assert.equal(await finish(lost, 'list-lost'), 'claim_lost')
    assert.equal(await store.access.isGranted('narrow', 'contact_list', 'list-lost'), false)
    assert.notEqual(await store.provisioning.intentOf(lost), null)
    const taken = audit('list.provisioned', 'x')
    await store.audit.append([taken])
    await assert.rejects(finish(lost, 'list-lost', { owner: 'another', auditId: taken.id }))
    assert.equal(await store.access.isGranted('narrow', 'contact_list', 'list-lost'), false)
    assert.deepEqual(await claim(lost), { kind: 'in_progress' })
  })

  it('knows which lists are somebody’s: made for a call, or granted to another tenant', async () => {
    const scope = scopeOf()
    await claim(scope)
    await finish(scope, 'list-made')
    await store.sql.executeSql(
      `insert into tenant_grant (tenant_id, kind, object_id) values
        ('other', 'contact_list', 'list-theirs'), ('narrow', 'contact_list', 'list-ours'),
        ('other', 'campaign', 'list-free')`,
    )
    const taken = await store.provisioning.taken('narrow', [
      'list-made',
      'list-theirs',
      'list-ours',
      'list-free',
    ])
    assert.deepEqual(taken.toSorted(), ['list-made', 'list-theirs'])
  })
})
