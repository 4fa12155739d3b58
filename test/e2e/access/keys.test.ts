import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'

import { createGatewayClient } from '../../support/gateway/gateway-client.ts'
import { ADMIN_KEY } from '../../support/gateway/gateway-process.ts'
import { stageOfSuite } from '../../support/stages/suite-stage.ts'

const PROJECT = join(import.meta.dirname, '..', '..', '..')
const CSV =
  'customerId,firstName,lastName,phoneNumber,email\nC-1,Ada,L,+12125550123,ada@example.com\n'

const { gateway } = stageOfSuite('guide')

type Shown = { id: string; key: string; scopes: string[]; lastUsedAt: string | null }

/** Runs `npm run key` while the gateway runs. */
const shell = async (...words: string[]): Promise<{ code: number; out: string; said: string }> => {
  const { PATH = '' } = process.env
  const run = promisify(execFile)(process.execPath, ['src/key.ts', ...words], {
    cwd: PROJECT,
    env: { PATH, ADMIN_API_KEY: ADMIN_KEY, PORT: new URL(gateway().address).port },
  })
  return run.then(
    ({ stdout, stderr }) => ({ code: 0, out: stdout, said: stderr }),
    (error: { code: number; stdout: string; stderr: string }) => ({
      ...{ code: error.code, out: error.stdout, said: error.stderr },
    }),
  )
}
const shown = async (...words: string[]): Promise<Shown> => {
  const { code, out, said } = await shell(...words)
  assert.equal(code, 0, said)
  return JSON.parse(out) as Shown
}

test('a key from the shell uploads to its one list and can do nothing else', async () => {
  await shown('tenant', '--name', 'crm-a', '--contact-lists', 'demo-contacts')
  const made = await shown('create', '--tenant', 'crm-a', '--scopes', 'uploads')
  const crm = createGatewayClient(gateway().address, made.key)
  const upload = (list: string) =>
    crm.upload(list, CSV, { key: `of-${list}`, query: 'missingColumns=empty' })
  const taken = await upload('demo-contacts')
  assert.equal(taken.status, 202, taken.text)
  assert.equal((await upload('demo-list-1')).status, 404)
  for (const path of ['/v1/contact-lists', '/v1/keys', '/v1/tenants', '/v1/webhook-endpoints']) {
    assert.equal((await crm.call(path)).status, 403, path)
  }
  const admin = await gateway().client.call<{ id: string }>(`/v1/uploads/${taken.body.id}`)
  assert.equal(admin.status, 404, 'an admin of another tenant does not see the upload')

  const successor = await shown('rotate', made.id, '--overlap-hours', '1')
  assert.notEqual(successor.key, made.key)
  assert.equal((await crm.call(`/v1/uploads/${taken.body.id}`)).status, 200)
  await shown('revoke', made.id)
  assert.equal((await crm.call(`/v1/uploads/${taken.body.id}`)).status, 401)
  const renewed = createGatewayClient(gateway().address, successor.key)
  assert.equal((await renewed.call(`/v1/uploads/${taken.body.id}`)).status, 200)

  const listed = JSON.parse((await shell('list', '--tenant', 'crm-a')).out) as Shown[]
  assert.deepEqual(
    listed.map(({ id }) => id),
    [successor.id, made.id],
  )
  assert.ok(listed.every(({ key }) => key === undefined))
})

test('the shell says what is wrong, in words and by its exit code', async () => {
  assert.equal((await shell('unmake')).code, 2)
  const unknown = await shell('create', '--tenant', 'nobody', '--scopes', 'uploads')
  assert.equal(unknown.code, 1)
  assert.match(unknown.said, /The tenant nobody does not exist/u)
  const scopes = await shell('create', '--tenant', 'default', '--scopes', 'everything')
  assert.match(scopes.said, /^body-invalid: /u)
  assert.match((await shell('revoke')).said, /id of the key is missing/u)
  const nowhere = await shell('list', '--url', 'http://127.0.0.1:9')
  assert.match(nowhere.said, /No gateway answers at http:\/\/127\.0\.0\.1:9/u)
})

test('a rotation needs no body, and lets the present key work on for a day', async () => {
  const made = await shown('create', '--tenant', 'default', '--scopes', 'uploads', '--name', 'r')
  const path = `/v1/keys/${made.id}/rotate`
  const rotated = await gateway().client.call<Shown>(path, { method: 'POST' })
  assert.equal(rotated.status, 201, rotated.text)
  const present = await gateway().client.call<{ expiresAt: string }>(`/v1/keys/${made.id}`)
  const hours = (Date.parse(present.body.expiresAt) - Date.now()) / 3_600_000
  assert.ok(hours > 23 && hours < 25, String(hours))
})

test('what a key says of itself is in no log line', () => {
  const written = gateway().output.join('\n')
  assert.doesNotMatch(written, /ogw_[\w-]{40}/u)
})
