import assert from 'node:assert/strict'
import { test } from 'node:test'

import { sha256 } from '../../../src/lib/digest.ts'
import type { Store } from '../../../src/store/homes/open-store.ts'
import { eachHome, openTestStore } from '../../support/databases/database.ts'
import { audit, ids } from '../../support/stages/store-uploads.ts'

const FIRST = { digest: sha256('first-admin-key'), scopes: ['admin'] } as const
const SECOND = { digest: sha256('second-admin-key'), scopes: ['admin'] } as const

type Noted = { action: string; object: string }

/**
 * If the key of a CRM was set as ADMIN_API_KEY, the start gave this key the scope admin, or made it
 * valid again if it was revoked, and no later start took the scope away.
 */
eachHome('The admin key of the configuration', (home) => {
  const opened = async (t: { after(end: () => Promise<void>): void }): Promise<Store> => {
    const store = await openTestStore(await home.fresh())
    t.after(() => store.close())
    return store
  }
  const rowsOf = async <T>(store: Store, statement: string): Promise<T[]> =>
    (await store.sql.executeSql(statement)).rows as T[]

  test('a key that the gateway issued is refused by its id, and stays what it was', async (t) => {
    const store = await opened(t)
    await store.access.ensureAdmin(FIRST)
    const digest = sha256('key-of-a-crm')
    const made = await store.keys.create({
      key: { id: ids.newId('key'), digest, prefix: 'ogw_' },
      ...{ tenantId: 'default', name: 'crm', scopes: ['uploads'], expiresAt: null },
      audit: audit('key.created', 'crm'),
    })
    assert.ok(made.kind === 'created')
    const { id: keyId } = made.key
    await assert.rejects(
      store.access.ensureAdmin({ digest, scopes: ['admin'] }),
      new RegExp(`ADMIN_API_KEY is the key ${keyId}`, 'u'),
    )
    await store.keys.revoke({ keyId, audit: () => audit('key.revoked', keyId) })
    await assert.rejects(store.access.ensureAdmin({ digest, scopes: ['admin'] }))
    const key = await store.access.findKey(digest)
    assert.deepEqual(key?.scopes, ['uploads'])
    assert.notEqual(key?.revokedAt, null)
    assert.equal((await store.access.findKey(FIRST.digest))?.revokedAt, null)
  })

  test('a change of the admin key is in the audit trail, a restart is not', async (t) => {
    const store = await opened(t)
    const [first, second] = [FIRST, SECOND]
    for (const admin of [first, first, second, second, first, first]) {
      await store.access.ensureAdmin(admin)
    }
    const ofDigest = async (digest: Buffer): Promise<string> =>
      (await store.access.findKey(digest))!.id
    const [firstId, secondId] = [await ofDigest(first.digest), await ofDigest(second.digest)]
    const noted = await rowsOf<Noted>(
      store,
      `select action, object from audit_entry where action like 'key.%'`,
    )
    assert.deepEqual(
      noted.map(({ action, object }) => `${action} ${object}`).toSorted(),
      [
        `key.created ${firstId}`,
        `key.created ${firstId}`,
        `key.created ${secondId}`,
        `key.revoked ${firstId}`,
        `key.revoked ${secondId}`,
      ].toSorted(),
    )
  })
})
