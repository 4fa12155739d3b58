import assert from 'node:assert/strict'
import { test } from 'node:test'

import { ConfigInvalid, readConfig } from '../../../src/config.ts'

const keyOf = (byte: number): string => `k1:${Buffer.alloc(32, byte).toString('base64')}`
const SECRET = `whsec_${Buffer.alloc(24, 1).toString('base64')}`

const SERVER = { ENCRYPTION_KEYS: keyOf(1), GENESYS_SANDBOX: 'true' }

/** The variables that the configuration refuses. No message may contain a value. */
const refusedOf = (given: Record<string, string>): string[] => {
  try {
    readConfig(given)
  } catch (error) {
    assert.ok(error instanceof ConfigInvalid)
    for (const value of Object.values(given)) assert.ok(!error.message.includes(value), value)
    return error.message.split('\n').flatMap((line) => /^ {2}([A-Z_]+):/u.exec(line)?.[1] ?? [])
  }
  return []
}

/**
 * The start took each of these values. It ended later with a message that names no variable, or the
 * gateway ran and did something else than the operator wanted.
 */
test('a value that cannot work is refused at once, with the name of its variable', () => {
  for (const [name, value, others] of [
    // The start ended with "invalid IP address".
    ['TRUST_PROXY', 'proxy.internal'],
    ['TRUST_PROXY', '10.0.0.0/99'],
    // Everybody could name any address.
    ['TRUST_PROXY', '0.0.0.0/00'],
    // Only the first of two keys with one id was used.
    ['ENCRYPTION_KEYS', `${keyOf(1)},${keyOf(2)}`],
    ['SIGNING_KEYS', `${keyOf(1)},${keyOf(2)}`],
    // A mistyped key became a different key.
    ['ENCRYPTION_KEYS', `${keyOf(1).slice(0, -1)}!!`],
    // The start said for minutes that the database does not answer.
    ['DATABASE_URL', 'postgres://db/gateway?sslrootcert=/none.pem&sslmode=verify-full', SERVER],
    // Every call with the key was answered with 401.
    ['ADMIN_API_KEY', `${'a'.repeat(20)} ${'b'.repeat(20)}`],
    ['METRICS_TOKEN', `${'a'.repeat(20)} ${'b'.repeat(20)}`],
    // The URLs in messages and callbacks led nowhere.
    ['PUBLIC_URL', 'https://gateway.example/?tenant=a'],
    ['PUBLIC_URL', 'https://gateway.example/#a'],
    // The API showed the password, and no message carried it.
    ['CRM_SYNC_URL', 'https://user:password@crm.example/hook', { CRM_SYNC_SECRET: SECRET }],
    // Timers cannot wait that long.
    ['GENESYS_COMPLETION_POLL_SECONDS', '99999999'],
    // It matched parts of an id.
    ['CONTACT_ID_PATTERN', 'a)|(b'],
  ] as [string, string, Record<string, string>?][]) {
    assert.deepEqual([...new Set(refusedOf({ ...others, [name]: value }))], [name], value)
  }
})

test('the forms of addresses that work are taken', () => {
  const given = '10.0.0.1, 10.0.0.0/8,172.16.0.0/255.240.0.0,fd00::/8,::1,loopback'
  assert.equal(readConfig({ TRUST_PROXY: given }).trustProxy.length, 6)
  const urls = { GENESYS_API_URL: 'https://api.example/', GENESYS_LOGIN_URL: 'https://in.example/' }
  const { apiUrl, loginUrl } = readConfig(urls).genesys
  assert.deepEqual([apiUrl, loginUrl], ['https://api.example', 'https://in.example'])
})

test('upper and lower case make no difference for hosts that may use http', () => {
  const names = { ALLOW_HTTP_HOSTS: 'Crm.Internal', CRM_SYNC_SECRET: SECRET }
  const read = readConfig({ ...names, CRM_SYNC_URL: 'http://crm.INTERNAL/hook' })
  assert.deepEqual(read.allowHttpHosts, ['crm.internal'])
})
