import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'

import { SCOPES, type Scope } from '../../../src/domain/access/access.ts'
import type { Operation } from '../../../src/http/document/operation.ts'
import { sha256 } from '../../../src/lib/digest.ts'
import type { Store } from '../../../src/store/homes/open-store.ts'
import { embeddedHome, openTestStore } from '../../support/databases/database.ts'
import { startFakeServer } from '../../support/gateway/http-fakes.ts'
import { audit, ids } from '../../support/stages/store-uploads.ts'

/**
 * Calls every operation with every kind of credential. The operations are those of the server, so a
 * new route is tested from its first commit. The keys are those of a real store.
 */
const BY_NAME_ALONE: readonly Scope[] = ['dnc:override', 'erasure', 'cells:reveal']
const ADMIN_KEY = 'matrix-admin-key-0123456789abcdefghijk'

/** Texts that are not a credential, whatever they contain. */
const MALFORMED: Record<string, (key: string) => string> = {
  'another scheme': (key) => `Basic ${Buffer.from(`admin:${key}`).toString('base64')}`,
  'no scheme': (key) => key,
  'no key': () => 'Bearer ',
  'two keys': (key) => `Bearer ${key}, Bearer ${key}`,
  'a key with a space': (key) => `Bearer ${key.slice(0, 9)} ${key.slice(9)}`,
  'a key that is too long': (key) => `Bearer ${key.repeat(20)}`,
}

type Server = Awaited<ReturnType<typeof startFakeServer>>['app']

const home = embeddedHome()
let store: Store
let app: Server
const keys = new Map<string, string>()

const issue = async (name: string, tenantId: string, scopes: readonly Scope[]) => {
  const key = `matrix-${sha256(name).toString('hex')}`
  const made = await store.keys.create({
    key: { id: ids.newId('key'), digest: sha256(key), prefix: 'matrix' },
    ...{ tenantId, name: 'matrix', scopes, expiresAt: null },
    audit: audit('key.created', tenantId),
  })
  assert.ok(made.kind === 'created')
  keys.set(name, key)
  return made.key.id
}

before(async () => {
  store = await openTestStore(await home.fresh())
  await store.access.ensureAdmin({ digest: sha256(ADMIN_KEY), scopes: ['admin'] })
  await store.sql.executeSql(`insert into tenant (id) values ('other')`)
  for (const scope of SCOPES) await issue(scope, 'default', [scope])
  await issue('every scope of another tenant', 'other', SCOPES)
  const expired = await issue('expired', 'default', SCOPES)
  await store.sql.executeSql(
    `update api_key set expires_at = clock_timestamp() - interval '1 second' where id = $1`,
    [expired],
  )
  const keyId = await issue('revoked', 'default', SCOPES)
  await store.keys.revoke({ keyId, audit: () => audit('key.revoked', keyId) })
  const limits = { maxUploadBytes: 100_000, keyFailuresPerMinute: 1_000_000 }
  ;({ app } = await startFakeServer({
    // The parts behind the check of the credential are fakes. A call that is accepted finds
    // nothing.
    access: { ...store.access, isGranted: async () => false },
    limits,
    metricsToken: 'x'.repeat(32),
  }))
})
after(async () => {
  await app.close()
  await store.close()
  await home.close()
})

/**
 * The operation's first example, with ids that do not exist, because a stream of events would not
 * end.
 */
const callOf = (operation: Operation, authorization: string | null) => {
  const [example] = operation.examples
  const url = operation.url.replaceAll(/:(\w+)/gu, 'nobody-has-this')
  const query = new URLSearchParams(example!.query).toString()
  const { body, bodyType = 'application/json' } = example!
  const form = body !== undefined && bodyType !== 'multipart/form-data'
  return app.inject({
    method: operation.method,
    url: `${url}${query && `?${query}`}`,
    // Not loopback, because a call from loopback needs no credential for metrics.
    remoteAddress: '10.0.0.9',
    headers: {
      ...example!.headers,
      ...(authorization !== null && { authorization }),
      ...(form && { 'content-type': bodyType }),
    },
    ...(form && { payload: typeof body === 'string' ? body : JSON.stringify(body) }),
  })
}

const neededOf = ({ access }: Operation): Scope | null =>
  typeof access === 'object' ? access.scope : access === 'metrics' ? 'admin' : null

let calls = 0
const answered = async (operation: Operation, authorization: string | null, name: string) => {
  calls += 1
  const answer = await callOf(operation, authorization)
  const { code, scope } = answer.headers['content-type']?.includes('problem+json')
    ? answer.json<{ code?: string; scope?: string }>()
    : {}
  const where = `${operation.id} with ${name}: ${answer.statusCode} ${code ?? ''}`
  assert.ok(answer.statusCode < 500, where)
  return { status: answer.statusCode, code, scope, where, headers: answer.headers }
}

const refused = async (operation: Operation, authorization: string | null, name: string) => {
  const { status, code, where, headers } = await answered(operation, authorization, name)
  assert.deepEqual([status, code], [401, 'unauthorized'], where)
  assert.match(String(headers['www-authenticate']), /^Bearer/u, where)
}

const asScoped = async (operation: Operation, name: string, scopes: readonly Scope[]) => {
  const { status, code, scope, where } = await answered(
    operation,
    `Bearer ${keys.get(name) ?? ADMIN_KEY}`,
    name,
  )
  const needed = neededOf(operation)
  const isAdmin = scopes.includes('admin')
  const allowed =
    needed === null || scopes.includes(needed) || (isAdmin && !BY_NAME_ALONE.includes(needed))
  if (allowed) assert.ok(status !== 401 && !(code === 'scope-missing' && scope === needed), where)
  else assert.deepEqual([status, code, scope], [403, 'scope-missing', needed], where)
}

test('every operation accepts exactly the credentials that it declares', async (t) => {
  const operations = app.operations()
  let open = 0
  for (const operation of operations) {
    if (operation.access === 'public') {
      open += 1
      const { code, where } = await answered(operation, null, 'no key')
      assert.notEqual(code, 'unauthorized', where)
      continue
    }
    await refused(operation, null, 'no key')
    await refused(operation, 'Bearer wrong-key-0123456789abcdefghijklmnop', 'a wrong key')
    for (const [name, of] of Object.entries(MALFORMED)) {
      await refused(operation, of(ADMIN_KEY), name)
    }
    for (const name of ['expired', 'revoked']) {
      await refused(operation, `Bearer ${keys.get(name)}`, name)
    }
    for (const scope of SCOPES) await asScoped(operation, scope, [scope])
    await asScoped(operation, 'every scope of another tenant', SCOPES)
    await asScoped(operation, 'the admin key', ['admin'])
  }
  t.diagnostic(
    `${operations.length} operations, ${open} of them public, with ${calls} credentials in all`,
  )
  assert.ok(calls > operations.length * 15, String(calls))
})

/** The operations that need no key by the design. Each is a decision. */
const PUBLIC = new Set([
  '/livez',
  '/openapi.json',
  '/problems',
  '/problems/:code',
  '/readyz',
  '/webhook/genesys-upload',
  '/webhooks/genesys/dnc-entries',
  '/webhooks/genesys/uploads',
])

test('nothing is public but what is decided to be', () => {
  const open = app.operations().filter(({ access }) => access === 'public')
  assert.deepEqual(
    open.map(({ url }) => url).filter((url) => !PUBLIC.has(url)),
    [],
  )
})
