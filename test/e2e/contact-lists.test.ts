import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'

import type { ContactList } from '../../src/domain/contact-lists/contact-list.ts'
import { eachHome, embeddedHome } from '../support/databases/database.ts'
import type { GatewayClient } from '../support/gateway/gateway-client.ts'
import { cleanFile, differences } from '../support/stages/contact-file.ts'
import { setStage } from '../support/stages/stage.ts'

const COLUMNS = [
  { name: 'customerId', kind: 'text', required: true },
  { name: 'firstName', kind: 'text' },
  { name: 'lastName', kind: 'text' },
  { name: 'phoneNumber', kind: 'phone' },
  { name: 'email', kind: 'email' },
  { name: 'city', kind: 'text' },
]

const make = (client: GatewayClient, name: string, key: string) =>
  client.call<ContactList & { code?: string }>('/v1/contact-lists', {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'idempotency-key': key },
    body: JSON.stringify({ name, columns: COLUMNS, contactIdColumn: 'customerId' }),
  })

eachHome('A contact list made over the API', (home) => {
  for (const dialect of ['guide', 'platform'] as const) {
    test(`takes an upload right after its 201, and exists once however often its key comes (${dialect})`, async () => {
      const stage = await setStage(await home.fresh(), dialect, { provisioningLagMs: 700 })
      try {
        const { client } = await stage.gateway()
        const made = await make(client, 'Autumn', 'autumn')
        assert.equal(made.status, 201, made.text)
        const { id } = made.body
        assert.equal(made.headers.get('location'), `/v1/contact-lists/${id}`)
        assert.equal(made.body.status, 'ready')
        const again = await make(client, 'Autumn', 'autumn')
        assert.equal(again.headers.get('idempotency-replayed'), 'true')
        assert.deepEqual(again.body, made.body)
        assert.equal((await make(client, 'Autumn', 'other')).body.code, 'contact-list-exists')

        const file = cleanFile({ rows: 200 })
        const answer = await client.upload(id, file.csv)
        assert.equal(answer.status, 202, answer.text)
        assert.equal((await client.finished(answer.body.id)).state, 'completed')
        assert.deepEqual(differences(stage.sandbox.contents(id), file.expected), [])

        const live = await client.call<ContactList>(`/v1/contact-lists/${id}`)
        assert.deepEqual([live.body.size, live.body.status], [200, 'ready'])
        assert.deepEqual(
          live.body.columns.map(({ name }) => name),
          COLUMNS.map(({ name }) => name),
        )
        const page = await client.call<{ items: { id: string }[] }>('/v1/contact-lists?limit=200')
        assert.ok(page.body.items.some((list) => list.id === id))
      } finally {
        await stage.close()
      }
    })
  }

  test('has every setting of the platform that was asked for', async () => {
    const stage = await setStage(await home.fresh(), 'platform')
    try {
      const { client } = await stage.gateway()
      const settings = { timeZone: 'Europe/Berlin', retentionType: 'Days', retentionDays: 90 }
      const columns = [
        ...COLUMNS,
        { name: 'zone', kind: 'text' },
        { name: 'chat', kind: 'phone', whatsApp: true, contactableTimeColumn: 'zone' },
        { name: 'night', kind: 'phone', callableTimeColumn: 'zone' },
      ]
      const made = await client.call<ContactList & { notes: unknown[] }>('/v1/contact-lists', {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'idempotency-key': 'full' },
        body: JSON.stringify({ name: 'Full', columns, contactIdColumn: 'customerId', ...settings }),
      })
      assert.equal(made.status, 201, made.text)
      // The platform loses only whether a column is required. If anything else were lost, there
      // would be a note about it too.
      assert.deepEqual(made.body.notes, [
        { column: 'customerId', note: 'In Genesys, this column is not a required column.' },
      ])
      assert.deepEqual(
        made.body.columns.filter(({ kind }) => kind === 'phone').map(({ name }) => name),
        ['phoneNumber', 'chat', 'night'],
      )
    } finally {
      await stage.close()
    }
  })

  test('is found by its name when Genesys made it but the answer was lost', async () => {
    const stage = await setStage(await home.fresh(), 'guide')
    try {
      const gateway = await stage.gateway()
      stage.sandbox.setFaults([{ kind: 'executed-then-reset', operation: 'list-create', count: 1 }])
      const made = await make(gateway.client, 'Lost', 'lost')
      assert.equal(made.status, 201, made.text)
      const told = await gateway.event('list.provisioned')
      assert.deepEqual([told['outcome'], told['contactListId']], ['found', made.body.id])
      const { body } = await gateway.client.call<{ items: { name: string }[] }>('/v1/contact-lists')
      assert.equal(body.items.filter(({ name }) => name === 'Lost').length, 1)
    } finally {
      await stage.close()
    }
  })
})

test('a list is found by the same key after the gateway was killed while it was made', async () => {
  const home = embeddedHome()
  const stage = await setStage(await home.fresh(), 'guide')
  try {
    const first = await stage.gateway()
    const hold = { kind: 'executed-then-timeout', operation: 'list-create', count: 1 } as const
    stage.sandbox.setFaults([hold])
    const cut = make(first.client, 'Killed', 'killed').then(
      () => 'answered',
      () => 'broken off',
    )
    const named = async () => {
      const { body } = await first.client.call<{ items: { name: string }[] }>('/v1/contact-lists')
      return body.items.filter(({ name }) => name === 'Killed').length
    }
    while ((await named()) === 0) await delay(50)
    assert.equal((await make(first.client, 'Killed', 'killed')).status, 409, 'it is in progress')
    await first.kill()
    assert.equal(await cut, 'broken off')

    const second = await stage.gateway()
    const made = await make(second.client, 'Killed', 'killed')
    assert.equal(made.status, 201, made.text)
    const told = await second.event('list.provisioned')
    assert.deepEqual([told['outcome'], told['contactListId']], ['found', made.body.id])
  } finally {
    await stage.close()
    await home.close()
  }
})
