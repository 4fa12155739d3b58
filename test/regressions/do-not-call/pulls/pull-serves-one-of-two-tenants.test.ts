import assert from 'node:assert/strict'
import { describe, test } from 'node:test'

import { dncSuite, type Submission } from '../../../support/do-not-call/dnc-suite.ts'
import { reachSubmission } from '../../../support/do-not-call/reach-submission.ts'
import { createGatewayClient, type GatewayClient } from '../../../support/gateway/gateway-client.ts'

const ANN = '+14155550101'
const BOB = '+14155550102'
const JSON_BODY = { 'content-type': 'application/json' }

/**
 * A person whom an agent had added counted as known as soon as one tenant had pulled the list. The
 * uploads of the other tenants went on to send that person.
 */
describe('People whom agents add to a list that two tenants use', () => {
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

  test('are taken over by the pull of each tenant, without what the other tenant sent', async () => {
    const other = await otherTenant()
    await submit(suite.gateway.client, 'entries', [{ phoneNumber: BOB }])
    suite.stage.sandbox.changeAsAgent(suite.list, { add: [ANN] })
    assert.equal((await submit(suite.gateway.client, 'pull', null)).counts.created, 1)
    const { id, counts } = await submit(other, 'pull', null)
    assert.deepEqual([counts.created, counts.duplicates], [1, 1])
    const { text } = await other.call(`/v1/dnc-submissions/${id}/entries`)
    assert.deepEqual([text.includes(ANN.slice(2)), text.includes(BOB.slice(2))], [true, false])
  })
})
