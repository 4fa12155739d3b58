import assert from 'node:assert/strict'

import { createGatewayClient, type GatewayClient } from '../gateway/gateway-client.ts'
import type { dncSuite, Submission } from './dnc-suite.ts'
import { reachSubmission } from './reach-submission.ts'

const JSON_BODY = { 'content-type': 'application/json' }

/**
 * Calls of two tenants that use the list of the suite. `otherTenant` makes the second tenant, and
 * returns its client. `submit` waits until the submission is applied. `body`: null for a pull.
 */
export const createTwoTenants = (suite: ReturnType<typeof dncSuite>) => {
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
  return { otherTenant, submit }
}
