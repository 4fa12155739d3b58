import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'

import { sha256 } from '../../../src/lib/digest.ts'
import type { Store } from '../../../src/store/homes/open-store.ts'
import { eachHome, openTestStore } from '../../support/databases/database.ts'
import { audit, ids } from '../../support/stages/store-uploads.ts'

const KEY = Buffer.alloc(32, 5)

eachHome('Sessions of the console', (home) => {
  let store: Store
  let tokens = 0
  before(async () => {
    store = await openTestStore(await home.fresh())
    await store.access.ensureAdmin({ digest: KEY, scopes: ['admin'] })
  })
  after(() => store.close())

  const run = async (statement: string, values: unknown[] = []) =>
    (await store.sql.executeSql(statement, values)).rows as Record<string, unknown>[]
  const actionsAbout = async (object: string) =>
    (await run('select action from audit_entry where object = $1 order by id', [object])).map(
      ({ action }) => action,
    )
  const begin = async (keyDigest: Buffer = KEY) => {
    tokens += 1
    const digest = sha256(`token-${tokens}`)
    const sessionId = ids.newId('ses')
    const key = await store.sessions.begin({
      ...{ sessionId, digest, keyDigest },
      audit: () => audit('console.signed_in', sessionId),
    })
    return { digest, sessionId, key }
  }
  const older = (digest: Buffer, column: 'used_at' | 'created_at', minutes: number) =>
    run(
      `update console_session set ${column} = ${column} - make_interval(mins => $2::int) where digest = $1`,
      [digest, minutes],
    )

  it('a session stands for its key, is audited, and ends when it is signed out', async () => {
    const { digest, sessionId, key } = await begin()
    assert.deepEqual(key?.scopes, ['admin'])
    assert.deepEqual(await store.sessions.find(digest, 'person'), { sessionId, key })
    const out = () => audit('console.signed_out', sessionId)
    await store.sessions.end(digest, out)
    await store.sessions.end(digest, out)
    assert.equal(await store.sessions.find(digest, 'person'), null)
    assert.deepEqual(await actionsAbout(sessionId), ['console.signed_in', 'console.signed_out'])
  })

  it('a wrong key begins nothing', async () => {
    const { digest, sessionId, key } = await begin(Buffer.alloc(32, 6))
    assert.equal(key, null)
    assert.equal(await store.sessions.find(digest, 'person'), null)
    assert.deepEqual(await actionsAbout(sessionId), [])
  })

  it('a session ends after half an hour without use, and twelve hours after its beginning', async () => {
    const idle = await begin()
    await older(idle.digest, 'used_at', 29)
    assert.ok(await store.sessions.find(idle.digest, 'person'))
    const forgotten = await begin()
    await older(forgotten.digest, 'used_at', 31)
    assert.equal(await store.sessions.find(forgotten.digest, 'person'), null)
    const old = await begin()
    await older(old.digest, 'created_at', 12 * 60 + 1)
    assert.equal(await store.sessions.find(old.digest, 'person'), null)
    await begin()
    const left = await run('select 1 from console_session where digest = $1', [old.digest])
    assert.deepEqual(left, [], 'the next sign-in forgets it')
  })

  it('a use is written once a minute', async () => {
    const { digest } = await begin()
    const usedAt = async () =>
      (await run('select used_at from console_session where digest = $1', [digest]))[0]!['used_at']
    const first = await usedAt()
    await store.sessions.find(digest, 'person')
    assert.deepEqual(await usedAt(), first)
    await older(digest, 'used_at', 2)
    const before = await usedAt()
    await store.sessions.find(digest, 'person')
    // The use is written in the background, so it may show only after a moment.
    while (String(await usedAt()) === String(before)) await store.sessions.find(digest, 'person')
  })

  it('an open page that refreshes itself keeps no session from ending', async () => {
    const { digest } = await begin()
    await older(digest, 'used_at', 29)
    for (let looks = 0; looks < 3; looks += 1) {
      assert.ok(await store.sessions.find(digest, 'page'))
    }
    await older(digest, 'used_at', 2)
    assert.equal(await store.sessions.find(digest, 'page'), null)
  })

  it('a session ends with its key: revoked, or expired', async () => {
    for (const end of ['revoked_at', 'expires_at']) {
      const keyId = ids.newId('key')
      const keyDigest = sha256(keyId)
      const issued = { id: keyId, digest: keyDigest, prefix: 'ogw_' }
      const plan = { tenantId: 'default', name: 'x', scopes: ['uploads'] as const, expiresAt: null }
      await store.keys.create({ key: issued, ...plan, audit: audit('key.created', keyId) })
      const { digest } = await begin(keyDigest)
      assert.ok(await store.sessions.find(digest, 'person'))
      await run(`update api_key set ${end} = clock_timestamp() where id = $1`, [keyId])
      assert.equal(await store.sessions.find(digest, 'person'), null, end)
      assert.equal((await begin(keyDigest)).key, null, end)
    }
  })
})
