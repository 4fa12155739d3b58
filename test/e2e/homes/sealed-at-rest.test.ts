import assert from 'node:assert/strict'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'

import type { StoreHome } from '../../../src/store/homes/open-store.ts'
import { embeddedHome, serverHome } from '../../support/databases/database.ts'
import { dumpDatabase } from '../../support/databases/postgres-server.ts'
import type { GatewayClient, UploadView } from '../../support/gateway/gateway-client.ts'
import { FILE_COLUMNS } from '../../support/stages/contact-file.ts'
import { setStage } from '../../support/stages/stage.ts'

const LIST = 'demo-contacts'
const EMAIL_ID = 'canary.person@example.org'
const FILE_NAME = 'Zyxwvutsrqson März.csv'
/**
 * Values that occur nowhere else. If one of them appears in a place, that place is not encrypted.
 */
const CANARIES = [
  ...[EMAIL_ID, 'canary.person', 'KX-canary-7', 'KX-canary-8', 'KX-canary-9'],
  ...[FILE_NAME, 'Zyxwvutsrqson', 'of-hippolyta', 'retry-of-hippolyta', 'list-of-hippolyta'],
  ...['4155559371', '4155559372', 'Quetzalcoatlina', 'mail.canary@example.net', 'Xanthippolis'],
]

const row = (id: string, phone: string): string =>
  `${id},Quetzalcoatlina,Lee,${phone},mail.canary@example.net,Xanthippolis`

const CSV = [
  FILE_COLUMNS.join(','),
  row(EMAIL_ID, '+14155559371'),
  row('KX-canary-7', '+14155559372'),
  row('KX-canary-7', '+14155559372'),
  row('KX-canary-8', '+14155559372'),
  row('KX-canary-9', '4155559371999999'),
  '',
].join('\n')

const send = (client: GatewayClient, key: string, options: object = {}) => {
  const form = new FormData()
  form.append('options', JSON.stringify(options))
  form.append('file', new Blob([CSV], { type: 'text/csv' }), FILE_NAME)
  return client.call<UploadView & { source: { fileName: string } }>(
    `/v1/contact-lists/${LIST}/uploads`,
    { method: 'POST', body: form, headers: { 'idempotency-key': key } },
  )
}

const makeList = (client: GatewayClient) =>
  client.call('/v1/contact-lists', {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'idempotency-key': 'list-of-hippolyta' },
    body: JSON.stringify({
      name: 'Made here',
      columns: [
        { name: 'customerId', kind: 'text' },
        { name: 'phone', kind: 'phone' },
      ],
      contactIdColumn: 'customerId',
    }),
  })

/** Does everything that callers may do with names, and reads the answers. */
const useNames = async (client: GatewayClient): Promise<void> => {
  const sent = await send(client, 'key-of-hippolyta')
  assert.equal(sent.status, 202, sent.text)
  assert.equal(sent.body.source.fileName, FILE_NAME)
  const finished = await client.finished(sent.body.id)
  assert.deepEqual(
    [finished.counts.delivered, finished.counts.failed, finished.counts.rejected],
    [2, 1, 1],
  )
  const replayed = await send(client, 'key-of-hippolyta')
  assert.equal(replayed.headers.get('idempotency-replayed'), 'true')
  assert.equal(replayed.text, sent.text)
  const read = await client.call<typeof sent.body>(`/v1/uploads/${sent.body.id}`)
  assert.equal(read.body.source.fileName, FILE_NAME)

  const retried = await client.call<typeof sent.body>(`/v1/uploads/${sent.body.id}/retry`, {
    method: 'POST',
    headers: { 'idempotency-key': 'retry-of-hippolyta' },
  })
  assert.equal(retried.status, 202, retried.text)
  assert.equal(retried.body.source.fileName, FILE_NAME)
  assert.equal((await client.finished(retried.body.id)).counts.delivered, 1)

  const again = await send(client, 'second-key-of-hippolyta')
  assert.match(again.text, /same-file/)
  assert.equal((await client.finished(again.body.id)).counts.unchanged, 3)
  assert.equal((await send(client, 'second-key-of-hippolyta')).text, again.text)
  const planned = await send(client, 'plan-of-hippolyta', { apply: 'manual' })
  assert.equal((await send(client, 'plan-of-hippolyta', { apply: 'manual' })).text, planned.text)
  const tag = (planned.body as unknown as { planDigest: string }).planDigest
  const headers = { 'if-match': `"${tag}"` }
  await client.call(`/v1/uploads/${planned.body.id}/apply`, { method: 'POST', headers })
  assert.equal((await client.finished(planned.body.id)).counts.unchanged, 3)
  const path = `/v1/contact-lists/${LIST}/contacts/${encodeURIComponent(EMAIL_ID)}/explain`
  const explained = await client.call<{ register: { uploadId: string } }>(path)
  assert.equal(explained.body.register.uploadId, sent.body.id)
  assert.equal((await makeList(client)).status, 201)
  assert.equal((await makeList(client)).headers.get('idempotency-replayed'), 'true')
}

/** The bytes themselves, and the other forms that a dump may have for them. */
const formsOf = (text: string): Buffer[] => {
  const bytes = Buffer.from(text)
  const written = [bytes.toString('hex'), bytes.toString('base64').replace(/=+$/, '')]
  return [bytes, ...written.map((form) => Buffer.from(form))]
}

const holdsNone = (place: string, bytes: Buffer): void => {
  for (const canary of CANARIES) {
    for (const form of formsOf(canary)) {
      const at = bytes.indexOf(form)
      const around = bytes.subarray(Math.max(0, at - 100), at + 60).toString('latin1')
      assert.equal(at, -1, `${place} holds ${canary}: …${around}…`)
    }
  }
}

const filesUnder = (directory: string): string[] =>
  readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .map((name) => join(directory, name))
    .filter((path) => statSync(path).isFile())

const storedOf = (home: StoreHome): { place: string; bytes: Buffer }[] =>
  home.kind === 'server'
    ? [{ place: 'pg_dump', bytes: dumpDatabase(home.url) }]
    : filesUnder(home.dataDir).map((place) => ({ place, bytes: readFileSync(place) }))

for (const home of [embeddedHome(), serverHome()]) {
  describe(`What the ${home.kind} home has stored`, { skip: home.skip }, () => {
    after(() => home.close())

    test('no contact id, file name, idempotency key or cell is in the clear', async () => {
      const place = await home.fresh()
      const stage = await setStage(place, 'guide')
      try {
        const gateway = await stage.gateway()
        // Once in the request that small uploads share, and once more when the upload is sent
        // alone.
        stage.sandbox.setFaults([{ kind: 'reject-rows', everyNth: 3, count: 2 }])
        await useNames(gateway.client)
        await gateway.stop()
        const stored = storedOf(place)
        const bytes = stored.reduce((sum, file) => sum + file.bytes.length, 0)
        assert.ok(bytes > 50_000, `${bytes} bytes`)
        // The stored files must contain what is no secret. Otherwise, this test searched the wrong
        // place.
        assert.ok(stored.some((file) => file.bytes.includes(LIST)))
        for (const file of stored) holdsNone(file.place, file.bytes)
      } finally {
        await stage.close()
      }
    })
  })
}
