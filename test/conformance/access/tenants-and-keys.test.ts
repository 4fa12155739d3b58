import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'

import type { GrantKind } from '../../../src/domain/access/access.ts'
import { NO_QUOTAS } from '../../../src/domain/access/quotas.ts'
import type { Grants } from '../../../src/domain/access/tenant.ts'
import { sha256 } from '../../../src/lib/digest.ts'
import type { Store } from '../../../src/store/homes/open-store.ts'
import { eachHome, openTestStore } from '../../support/databases/database.ts'
import { audit, ids } from '../../support/stages/store-uploads.ts'

const HOUR_MS = 3_600_000
const NONE: Grants = {
  contactLists: [],
  dncLists: [],
  campaigns: [],
  externalContacts: [],
  conversations: [],
}

eachHome('Tenants and keys', (home) => {
  let store: Store
  let names = 0
  before(async () => {
    store = await openTestStore(await home.fresh())
    await store.access.ensureAdmin({ digest: Buffer.alloc(32, 3), scopes: ['admin'] })
  })
  after(() => store.close())

  const rowsOf = async <T>(statement: string, values: unknown[] = []): Promise<T[]> =>
    (await store.sql.executeSql(statement, values)).rows as T[]
  const actionsAbout = async (object: string): Promise<string[]> =>
    (
      await rowsOf<{ action: string }>(
        'select action from audit_entry where object = $1 order by id',
        [object],
      )
    ).map(({ action }) => action)

  const create = async (
    more: { name?: string; grants?: Partial<Grants>; claimed?: boolean } = {},
  ) => {
    const id = ids.newId('tnt')
    names += 1
    const claim = {
      ...{ tenantId: 'default', method: 'POST', path: '/v1/tenants' },
      ...{ key: `key-${names}`, owner: 'me' },
    }
    if (more.claimed !== false) await store.idempotency.claim({ ...claim, deadAfterMs: 60_000 })
    const result = await store.tenants.create({
      id,
      name: more.name ?? `crm-${names}`,
      grants: { ...NONE, ...more.grants },
      registries: [],
      quotas: NO_QUOTAS,
      claim,
      fingerprint: 'fp',
      answerOf: (tenant) => ({ status: 201, body: JSON.stringify(tenant), location: `/t/${id}` }),
      audit: audit('tenant.created', id),
    })
    return { id, claim, result }
  }
  const issue = async (tenantId: string, expiresAt: Date | null = null) => {
    const digest = sha256(ids.newUuid())
    const result = await store.keys.create({
      key: { id: ids.newId('key'), digest, prefix: 'ogw_12345678' },
      ...{ tenantId, name: 'load', scopes: ['uploads'], expiresAt },
      audit: audit('key.created', tenantId),
    })
    assert.ok(result.kind === 'created')
    return { digest, key: result.key }
  }
  const rotate = (keyId: string, overlapHours = 24) =>
    store.keys.rotate({
      keyId,
      key: { id: ids.newId('key'), digest: sha256(ids.newUuid()), prefix: 'ogw_87654321' },
      overlapHours,
      audit: () => audit('key.rotated', keyId),
    })

  it('a tenant may use what it is granted and nothing else, of every kind', async () => {
    const { id, result } = await create({ grants: { contactLists: ['l1', 'l2'], campaigns: '*' } })
    assert.equal(result.kind, 'created')
    const granted = (kind: GrantKind, object: string) => store.access.isGranted(id, kind, object)
    assert.equal(await granted('contact_list', 'l1'), true)
    assert.equal(await granted('contact_list', 'l3'), false)
    assert.equal(await granted('campaign', 'any'), true)
    for (const kind of ['dnc_list', 'external_contact', 'conversation'] as const) {
      assert.equal(await granted(kind, 'l1'), false, kind)
      assert.equal(await store.access.isGranted('default', kind, 'l1'), true, kind)
    }
    const tenant = await store.tenants.find(id)
    assert.deepEqual(tenant?.grants, { ...NONE, contactLists: ['l1', 'l2'], campaigns: '*' })
  })

  it('the answer is kept with the tenant; of a lost claim and a name that is taken nothing stays', async () => {
    const { id, claim, result } = await create({ name: 'kept' })
    const again = await store.idempotency.claim({ ...claim, deadAfterMs: 60_000 })
    assert.ok(result.kind === 'created' && again.kind === 'done')
    assert.equal(again.body, result.answer.body)
    const taken = await create({ name: 'kept' })
    assert.deepEqual(taken.result, { kind: 'name_taken', tenantId: id })
    assert.deepEqual((await create({ name: 'default' })).result, {
      kind: 'name_taken',
      tenantId: 'default',
    })
    const lost = await create({ name: 'lost', claimed: false })
    assert.deepEqual(lost.result, { kind: 'claim_lost' })
    assert.equal(await store.tenants.find(lost.id), null)
    assert.deepEqual(await actionsAbout(lost.id), [])
    const named = await store.tenants.list({ limit: 10, cursor: null, name: 'kept' })
    assert.deepEqual(
      named?.items.map((tenant) => tenant.id),
      [id],
    )
  })

  it('a change replaces the kinds that it gives, leaves the others, and obeys the version', async () => {
    const { id } = await create({ grants: { contactLists: ['l1', 'l2'], dncLists: ['d1'] } })
    const change = (version: number, of: Parameters<Store['tenants']['change']>[0]['change']) =>
      store.tenants.change({
        ...{ tenantId: id, version, change: of },
        audit: audit('tenant.changed', id),
      })
    const changed = await change(1, { grants: { contactLists: ['l2', 'l3'] } })
    assert.ok(changed?.kind === 'changed')
    assert.deepEqual(changed.tenant.grants, {
      ...NONE,
      contactLists: ['l2', 'l3'],
      dncLists: ['d1'],
    })
    assert.equal(changed.tenant.version, 2)
    assert.equal(await store.access.isGranted(id, 'contact_list', 'l1'), false)
    assert.deepEqual(await change(1, { grants: { dncLists: '*' } }), { kind: 'stale' })
    assert.deepEqual(await change(2, { name: 'default' }), {
      kind: 'name_taken',
      tenantId: 'default',
    })
    assert.deepEqual(await actionsAbout(id), ['tenant.created', 'tenant.changed'])
  })

  it('a key is found by its digest until it is revoked, and its tenant must exist', async () => {
    const { id } = await create()
    const { digest, key } = await issue(id, new Date(Date.now() + HOUR_MS))
    const found = await store.access.findKey(digest)
    assert.deepEqual([found?.tenantId, found?.scopes], [id, ['uploads']])
    const revoke = (keyId: string) =>
      store.keys.revoke({ keyId, audit: () => audit('key.revoked', keyId) })
    assert.deepEqual(await revoke(key.id), { kind: 'revoked' })
    assert.deepEqual(await revoke(key.id), { kind: 'revoked' })
    assert.ok((await store.access.findKey(digest))?.revokedAt)
    assert.deepEqual(await actionsAbout(key.id), ['key.revoked'])
    assert.equal(await revoke('key_unknown'), null)
    const refused = await store.keys.create({
      key: { id: ids.newId('key'), digest: sha256('x'), prefix: 'ogw_' },
      ...{ tenantId: 'tnt_unknown', name: 'load', scopes: ['uploads'], expiresAt: null },
      audit: audit('key.created', 'x'),
    })
    assert.deepEqual(refused, { kind: 'tenant_unknown' })
    const past = await store.keys.create({
      key: { id: ids.newId('key'), digest: sha256('y'), prefix: 'ogw_' },
      ...{ tenantId: id, name: 'load', scopes: ['uploads'], expiresAt: new Date(0) },
      audit: audit('key.created', 'y'),
    })
    assert.deepEqual(past, { kind: 'past' })
  })

  it('a rotated key stays valid during the overlap, but never past its own expiry, and cannot be rotated again', async () => {
    const { id } = await create()
    const endless = await issue(id)
    const rotated = await rotate(endless.key.id, 48)
    assert.ok(rotated?.kind === 'rotated')
    assert.equal(rotated.key.expiresAt, null)
    const former = (await store.keys.find(endless.key.id))!
    assert.equal(former.replacedBy, rotated.key.id)
    const leftMs = Date.parse(former.expiresAt!) - Date.now()
    assert.ok(Math.abs(leftMs - 48 * HOUR_MS) < 60_000, String(leftMs))
    assert.deepEqual(await rotate(endless.key.id), { kind: 'ended', replacedBy: rotated.key.id })

    const short = await issue(id, new Date(Date.now() + HOUR_MS))
    const successor = await rotate(short.key.id, 48)
    assert.ok(successor?.kind === 'rotated')
    assert.equal((await store.keys.find(short.key.id))!.expiresAt, short.key.expiresAt)
    const livesMs = Date.parse(successor.key.expiresAt!) - Date.parse(successor.key.createdAt)
    assert.ok(Math.abs(livesMs - HOUR_MS) < 60_000, String(livesMs))
  })

  it('the key of the environment is neither rotated nor revoked', async () => {
    const [admin] = (await store.keys.list({ limit: 1, cursor: null, tenantId: 'default' }))!.items
    assert.equal(admin!.source, 'environment')
    assert.deepEqual(await rotate(admin!.id), { kind: 'fixed' })
    const audited = () => audit('key.revoked', admin!.id)
    assert.deepEqual(await store.keys.revoke({ keyId: admin!.id, audit: audited }), {
      kind: 'fixed',
    })
  })

  it('keys are listed page by page, of one tenant or of all', async () => {
    const { id } = await create()
    const made = [await issue(id), await issue(id), await issue(id)].map(({ key }) => key.id)
    const first = (await store.keys.list({ limit: 2, cursor: null, tenantId: id }))!
    const second = (await store.keys.list({ limit: 2, cursor: first.next, tenantId: id }))!
    assert.deepEqual(
      [...first.items, ...second.items].map((key) => key.id),
      made.toReversed(),
    )
    assert.equal(second.next, null)
    assert.equal(await store.keys.list({ limit: 2, cursor: '%%', tenantId: id }), null)
  })

  it('the use of a key is noted to the minute', async () => {
    const { id } = await create()
    const { key } = await issue(id)
    store.access.noteUse(key.id)
    let noted = (await store.keys.find(key.id))!.lastUsedAt
    while (noted === null) noted = (await store.keys.find(key.id))!.lastUsedAt
    assert.match(noted, /:00\.000Z$/u)
    await rowsOf('update api_key set last_used_at = null where id = $1', [key.id])
    store.access.noteUse(key.id)
    assert.equal((await store.keys.find(key.id))!.lastUsedAt, null)
  })
})
