import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'

import { serverHome } from '../../support/databases/database.ts'
import { createGatewayClient, type GatewayClient } from '../../support/gateway/gateway-client.ts'
import { type RunningGateway, setStage, type Stage } from '../../support/stages/stage.ts'

const HEADER = 'customerId,firstName,lastName,phoneNumber,email\n'
const rowsOf = (name: string, rows: number): string =>
  HEADER +
  Array.from(
    { length: rows },
    (_, at) => `${name}-${at},Ada,L,+1212555${String(1000 + at)},a${at}@example.com\n`,
  ).join('')

const JSON_BODY = { 'content-type': 'application/json' }

const server = serverHome()

type Refusal = { code: string; quota?: string; limit?: number }
type Tenant = { id: string; use: { rowsToday: number; requestsThisMinute: number } }

describe('Quotas of a tenant, at two gateways', { skip: server.skip }, () => {
  let stage: Stage
  let gateways: RunningGateway[]
  before(async () => {
    stage = await setStage(await server.fresh(), 'guide')
    gateways = [await stage.gateway(), await stage.gateway()]
  })
  after(async () => {
    await stage.close()
    await server.close()
  })

  const admin = () => gateways[0]!.client
  /** Makes a tenant with a key. Returns clients with that key for both gateways. */
  const tenant = async (name: string, quotas: object) => {
    const made = await admin().call<Tenant>('/v1/tenants', {
      ...{ method: 'POST', headers: { ...JSON_BODY, 'idempotency-key': name } },
      body: JSON.stringify({
        ...{ name, quotas },
        grants: { contactLists: ['demo-contacts'], dncLists: ['demo-dnc'] },
      }),
    })
    assert.equal(made.status, 201, made.text)
    const { body } = await admin().call<{ key: string }>('/v1/keys', {
      method: 'POST',
      headers: JSON_BODY,
      body: JSON.stringify({ tenantId: made.body.id, name, scopes: ['uploads', 'dnc'] }),
    })
    return {
      id: made.body.id,
      at: gateways.map(({ address }) => createGatewayClient(address, body.key)),
    }
  }
  const shown = async (id: string): Promise<Tenant> =>
    (await admin().call<Tenant>(`/v1/tenants/${id}`)).body
  const send = (client: GatewayClient, key: string, rows: number) =>
    client.upload('demo-contacts', rowsOf(key, rows), { key, query: 'missingColumns=empty' })
  const isRefusedBy = (
    answer: { status: number; text: string; headers: Headers },
    quota: string,
  ): void => {
    assert.equal(answer.status, 429, answer.text)
    const refusal = JSON.parse(answer.text) as Refusal
    assert.deepEqual([refusal.code, refusal.quota], ['quota-exceeded', quota])
    assert.ok(Number(answer.headers.get('retry-after')) >= 1)
  }

  test('rows of a day count together, and an upload over the quota leaves nothing behind', async (t) => {
    const { id, at } = await tenant('crm-rows', { rowsPerDay: 50 })
    const [one, other] = [at[0]!, at[1]!]
    assert.equal((await send(one, 'rows-1', 30)).status, 202)
    while ((await shown(id)).use.rowsToday < 30);
    const over = await send(other, 'rows-2', 30)
    isRefusedBy(over, 'rowsPerDay')
    assert.equal(
      (await send(other, 'rows-2', 20)).status,
      202,
      'the key of what was refused is free',
    )
    let passed = 0
    for (;;) {
      const answer = await send(one, `rows-over-${passed}`, 1)
      if (answer.status === 429) break
      assert.equal(answer.status, 202, answer.text)
      passed += 1
    }
    const replayed = await send(one, 'rows-1', 30)
    assert.equal(replayed.status, 202, 'what was taken is answered as before')
    const { body } = await one.call<{ items: object[] }>('/v1/uploads?limit=200')
    assert.equal(body.items.length, 2 + passed)
    t.diagnostic(`rowsPerDay 50: ${50 + passed} rows taken by two instances, 30 refused`)
  })

  test('calls of a minute count together, in addition to the limit of each key; do-not-call entries still pass', async (t) => {
    let taken = 0
    const { at } = await tenant('crm-calls', { requestsPerMinute: 5 })
    const refused = await Promise.any(
      at.map(async (client) => {
        for (;;) {
          const answer = await client.call('/v1/uploads')
          if (answer.status === 429) return { answer, client }
          assert.equal(answer.status, 200)
          taken += 1
        }
      }),
    )
    isRefusedBy(refused.answer, 'requestsPerMinute')
    t.diagnostic(`requestsPerMinute 5: ${taken} calls taken by two instances before the first 429`)
    const entries = await refused.client.call('/v1/dnc-lists/demo-dnc/entries', {
      method: 'POST',
      headers: { 'idempotency-key': 'dnc-in-spite', 'content-type': 'application/json' },
      body: JSON.stringify({ entries: [{ phoneNumber: '+12125550123' }] }),
    })
    assert.equal(entries.status, 202, entries.text)
  })

  test('open uploads count together until they end', async (t) => {
    let refused = 1
    stage.sandbox.setFaults([{ kind: 'status', operation: 'bulk', status: 503 }])
    const { at } = await tenant('crm-open', { openUploads: 1 })
    const [one, other] = [at[0]!, at[1]!]
    const first = await send(one, 'open-1', 1)
    assert.equal(first.status, 202)
    isRefusedBy(await send(other, 'open-2', 1), 'openUploads')
    stage.sandbox.setFaults([])
    await one.finished(first.body.id)
    for (;;) {
      const answer = await send(other, 'open-2', 1)
      if (answer.status === 202) break
      isRefusedBy(answer, 'openUploads')
      refused += 1
    }
    t.diagnostic(`openUploads 1: ${refused} refused while one was open`)
  })
})
