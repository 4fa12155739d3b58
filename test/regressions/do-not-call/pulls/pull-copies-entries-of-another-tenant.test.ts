import assert from 'node:assert/strict'
import { describe, test } from 'node:test'

import { dncSuite, type Submission } from '../../../support/do-not-call/dnc-suite.ts'
import { reachSubmission } from '../../../support/do-not-call/reach-submission.ts'
import { createGatewayClient, type GatewayClient } from '../../../support/gateway/gateway-client.ts'

const ANN = '+14155550101'
const JSON_BODY = { 'content-type': 'application/json' }

describe('A pull of a list that two tenants use', () => {
  const suite = dncSuite('platform', { taskDurationMs: 20 })

  const otherTenant = async (): Promise<GatewayClient> => {
    const { client, address } = suite.gateway
    const made = await client.call<{ id: string }>('/v1/tenants', {
      ...{ method: 'POST', headers: { ...JSON_BODY, 'idempotency-key': suite.list } },
      body: JSON.stringify({ name: suite.list, grants: { dncLists: [suite.list] } }),
    })
    assert.equal(made.status, 201, made.text)
    const { body } = await client.call<{ key: string }>('/v1/keys', {
      ...{ method: 'POST', headers: JSON_BODY },
      body: JSON.stringify({ tenantId: made.body.id, name: 'x', scopes: ['dnc'] }),
    })
    return createGatewayClient(address, body.key)
  }
  const submit = async (client: GatewayClient, path: string, body: object[] | null) => {
    const answer = await client.call<Submission>(`/v1/dnc-lists/${suite.list}/${path}`, {
      method: 'POST',
      headers: { 'idempotency-key': crypto.randomUUID(), ...(body === null ? {} : JSON_BODY) },
      ...(body === null ? {} : { body: JSON.stringify(body) }),
    })
    assert.equal(answer.status, 202, answer.text)
    return reachSubmission({ ...suite.gateway, client }, answer.body.id, 'applied')
  }
  const there = () => Object.keys(suite.stage.sandbox.dncList(suite.list).entries.phone)

  test('sends again what Genesys lost of the other tenant, without taking it over', async () => {
    const other = await otherTenant()
    await submit(other, 'entries', [{ phoneNumber: ANN }])
    suite.stage.sandbox.changeAsAgent(suite.list, { remove: [ANN] })
    const pulled = await submit(suite.gateway.client, 'pull', null)
    const { text } = await suite.gateway.client.call(`/v1/dnc-submissions/${pulled.id}/entries`)
    assert.ok(!text.includes(ANN.slice(2)), 'the pull shows a number of the other tenant')
    assert.deepEqual(
      (await suite.search(ANN)).map(({ suppressed, entries }) => [suppressed, entries.length]),
      [[false, 0]],
    )
    while (there().length === 0) await new Promise((resolve) => setTimeout(resolve, 20))
    await submit(other, 'removals', [{ phoneNumber: ANN }])
    assert.deepEqual(there(), [])
  })
})
