import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inspect } from 'node:util'

import { ConfigInvalid, readConfig } from '../../src/config.ts'

const KEY = `k1:${Buffer.alloc(32, 1).toString('base64')}`
const real = {
  GENESYS_CLIENT_ID: 'client',
  GENESYS_CLIENT_SECRET: 'secret-of-the-client',
  GENESYS_DIALECT: 'platform',
  ADMIN_API_KEY: 'a'.repeat(32),
}
const faultsOf = (source: Record<string, string>): string => {
  try {
    readConfig(source)
  } catch (error) {
    assert.ok(error instanceof ConfigInvalid)
    return error.message
  }
  return ''
}

test('an empty environment starts the sandbox in the guide dialect on the embedded database', () => {
  const config = readConfig({})
  assert.equal(config.genesys.kind, 'sandbox')
  assert.equal(config.genesys.dialect, 'guide')
  assert.equal(config.genesys.requestsPerMinute, 900)
  assert.deepEqual(config.home, { kind: 'embedded', dataDir: './data' })
  assert.equal(config.port, 3000)
})

test('the platform dialect paces at 300 a minute unless told otherwise', () => {
  assert.equal(readConfig(real).genesys.requestsPerMinute, 300)
  assert.equal(
    readConfig({ ...real, GENESYS_REQUESTS_PER_MINUTE: '120' }).genesys.requestsPerMinute,
    120,
  )
})

test('every fault is told in one message, without any value', () => {
  const message = faultsOf({ PORT: 'PORTVALUE', ADMIN_API_KEY: 'SHORTKEY', LOG_LEVEL: 'LOUD' })
  for (const name of ['PORT', 'ADMIN_API_KEY', 'LOG_LEVEL']) assert.match(message, new RegExp(name))
  for (const value of ['PORTVALUE', 'SHORTKEY', 'LOUD'])
    assert.doesNotMatch(message, new RegExp(value))
})

test('credentials without a dialect are refused with both dialects explained', () => {
  const { GENESYS_DIALECT: _, ...rest } = real
  assert.match(faultsOf(rest), /GENESYS_DIALECT.*platform.*guide/)
})

test('a server database without credentials needs GENESYS_SANDBOX=true, and always encryption keys', () => {
  const server = { DATABASE_URL: 'postgres://localhost/gateway' }
  assert.match(faultsOf(server), /GENESYS_CLIENT_ID/)
  assert.match(faultsOf({ ...server, GENESYS_SANDBOX: 'true' }), /ENCRYPTION_KEYS/)
  const config = readConfig({ ...server, GENESYS_SANDBOX: 'true', ENCRYPTION_KEYS: KEY })
  assert.equal(config.home.kind, 'server')
  assert.equal(config.encryptionKeys?.[0]?.key.length, 32)
})

test('http is allowed only for loopback and for the hosts that ALLOW_HTTP_HOSTS names', () => {
  const url = 'http://crm.internal/hook'
  const crm = { CRM_SYNC_URL: url, CRM_SYNC_SECRET: `whsec_${Buffer.alloc(32).toString('base64')}` }
  assert.match(faultsOf(crm), /CRM_SYNC_URL/)
  assert.equal(readConfig({ ...crm, ALLOW_HTTP_HOSTS: 'crm.internal' }).endpoints[0]?.url, url)
  assert.equal(readConfig({ ...crm, CRM_SYNC_URL: 'http://127.0.0.1:9/x' }).endpoints.length, 1)
})

test('a host of ALLOW_HTTP_HOSTS takes registered endpoints only where Genesys is simulated in the process', () => {
  const hosts = { ALLOW_HTTP_HOSTS: 'inner.example' }
  assert.deepEqual(readConfig(hosts).innerEndpointHosts, ['inner.example'])
  const config = readConfig({ ...real, ...hosts })
  assert.deepEqual([config.allowHttpHosts, config.innerEndpointHosts], [['inner.example'], []])
})

test('a proxy rule that trusts everybody is refused', () => {
  assert.match(faultsOf({ TRUST_PROXY: 'true' }), /TRUST_PROXY/)
})

test('a default region without phone numbers is refused', () => {
  assert.match(faultsOf({ DEFAULT_PHONE_REGION: 'XX' }), /DEFAULT_PHONE_REGION/)
})

test('in the platform dialect an API host without its login host is refused, lest the secret go elsewhere', () => {
  const api = { ...real, GENESYS_API_URL: 'http://127.0.0.1:3100' }
  assert.match(faultsOf(api), /GENESYS_LOGIN_URL/)
  assert.equal(
    readConfig({ ...api, GENESYS_LOGIN_URL: 'http://127.0.0.1:3100' }).genesys.kind,
    'real',
  )
})

test('WEBHOOK_SECRET takes the current secret and older ones, and no other form', () => {
  const secret = (fill: number) => `whsec_${Buffer.alloc(24, fill).toString('base64')}`
  const { webhookSecrets } = readConfig({ WEBHOOK_SECRET: `${secret(1)}, ${secret(2)}` })
  assert.deepEqual(webhookSecrets, [secret(1), secret(2)])
  assert.deepEqual(readConfig({}).webhookSecrets, [])
  for (const wrong of ['plain', `${secret(1)},plain`, 'whsec_c2hvcnQ=', ',']) {
    assert.throws(() => readConfig({ WEBHOOK_SECRET: wrong }), /WEBHOOK_SECRET: each entry/, wrong)
  }
})

test('each endpoint of the environment needs its URL and its secret, and hears its own events', () => {
  const secret = `whsec_${Buffer.alloc(32).toString('base64')}`
  const of = (name: string) => ({
    [`${name}_SYNC_URL`]: `https://${name.toLowerCase()}.example/hook`,
    [`${name}_SYNC_SECRET`]: secret,
  })
  const { endpoints } = readConfig({
    ...of('CRM'),
    ...of('DMS'),
    ...of('CDP'),
    ...of('COMPLIANCE'),
  })
  assert.deepEqual(
    endpoints.map(({ name, url }) => [name, url]),
    ['crm', 'dms', 'cdp', 'compliance'].map((name) => [name, `https://${name}.example/hook`]),
  )
  assert.deepEqual(
    endpoints.map(({ events }) => events.includes('upload.completed')),
    [true, false, false, false],
  )
  assert.deepEqual(endpoints[1]?.events, ['guest_file.stored', 'guest_file.rejected'])
  assert.deepEqual(endpoints[3]?.events, [
    'dnc.accepted',
    'dnc.applied',
    'dnc.held',
    'dnc.external_change',
  ])
  for (const name of ['DMS', 'CDP', 'COMPLIANCE']) {
    assert.match(faultsOf({ [`${name}_SYNC_SECRET`]: secret }), new RegExp(`${name}_SYNC_URL`))
    const inner = { ...of(name), [`${name}_SYNC_URL`]: 'http://inner.example:8080/hook' }
    assert.match(faultsOf(inner), new RegExp(`${name}_SYNC_URL: must be https`))
    assert.equal(readConfig({ ...inner, ALLOW_HTTP_HOSTS: 'inner.example' }).endpoints.length, 1)
  }
})

test('an unknown region is a fault, and the fault lists the regions of Genesys', () => {
  const fault = faultsOf({ GENESYS_REGION: 'mars' })
  assert.match(fault, /\n {2}GENESYS_REGION: must be one of us-east-1 \(mypurecloud\.com\), /)
  assert.match(fault, /eu-central-1 \(mypurecloud\.de\)/)
  assert.doesNotMatch(fault, /mars/)
  assert.equal(readConfig({ GENESYS_REGION: 'MyPureCloud.de' }).genesys.region.name, 'eu-central-1')
})

test('a name that only looks like a variable of the gateway is a fault, together with the others', () => {
  const unknown = { GENESYS_REGOIN: 'eu-west-1', genesys_region: 'eu-west-1' }
  const faults = faultsOf({ ...unknown, PORT: 'x' })
  for (const name of ['GENESYS_REGOIN', 'genesys_region', 'PORT']) {
    assert.match(faults, new RegExp(`\n  ${name}: `))
  }
})

test('files may go to the storage of the region, and elsewhere only by name', () => {
  const hosts = (source: Record<string, string>) => readConfig(source).genesys.uploadHosts
  assert.deepEqual(hosts({}), ['*.amazonaws.com'])
  assert.deepEqual(hosts({ GENESYS_REGION: 'eusc-de-east-1' }), ['*.amazonaws.eu'])
  const named = { GENESYS_REGION: 'eusc-de-east-1', GENESYS_UPLOAD_HOSTS: 'files.example' }
  assert.deepEqual(hosts(named), ['files.example'])
})

test('however the configuration is printed, it shows none of its secrets', () => {
  const secrets = {
    ...real,
    ADMIN_API_KEY: 'admin-secret-0123456789abcdefghijk',
    GENESYS_CLIENT_SECRET: 'client-secret-of-genesys',
    METRICS_TOKEN: 'metrics-secret-0123456789',
    DATABASE_URL: 'postgres://gateway:database-secret@localhost/gateway',
    ENCRYPTION_KEYS: KEY,
  }
  const config = readConfig(secrets)
  assert.equal(config.genesys.clientSecret, secrets.GENESYS_CLIENT_SECRET)
  const error = Object.assign(new Error('not started'), { config })
  for (const shown of [
    inspect(config, { depth: 9, showHidden: true }),
    inspect(error, { depth: 9 }),
    inspect(config.genesys),
    JSON.stringify({ config, home: config.home, keys: config.encryptionKeys }),
  ]) {
    assert.doesNotMatch(shown, /secret-|-secret/u)
    assert.ok(!shown.includes(KEY.slice(3)))
  }
})

test('a setting that accepts any certificate stops the start', () => {
  assert.match(faultsOf({ NODE_TLS_REJECT_UNAUTHORIZED: '0' }), /always checks certificates/u)
  assert.equal(readConfig({ NODE_TLS_REJECT_UNAUTHORIZED: '1' }).port, 3000)
  const server = { ENCRYPTION_KEYS: KEY, GENESYS_SANDBOX: 'true' }
  const database = (query: string) => ({
    ...server,
    DATABASE_URL: `postgres://one,two/name${query}`,
  })
  for (const query of [
    '?sslmode=no-verify',
    '?ssl=no-verify',
    '?x=1&sslmode=require&uselibpqcompat=true',
  ]) {
    assert.match(faultsOf(database(query)), /DATABASE_URL: .*certificate/u, query)
  }
  const readable = `?sslmode=verify-full&sslrootcert=${import.meta.filename}`
  for (const query of ['', readable, '?sslmode=require']) {
    assert.equal(readConfig(database(query)).home.kind, 'server', query)
  }
  assert.match(faultsOf({ PGSSLMODE: 'no-verify' }), /PGSSLMODE: .*certificate/u)
})
