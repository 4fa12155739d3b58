import assert from 'node:assert/strict'

import { createGatewayClient, type GatewayClient } from './gateway-client.ts'

const JSON_BODY = { 'content-type': 'application/json' }

/** Creates a tenant with grants for these lists. Returns a key of the tenant that may upload. */
export const addTenant = async (
  { client, address }: { client: GatewayClient; address: string },
  name: string,
  contactLists: readonly string[],
): Promise<GatewayClient> => {
  const made = await client.call<{ id: string }>('/v1/tenants', {
    ...{ method: 'POST', headers: { ...JSON_BODY, 'idempotency-key': name } },
    body: JSON.stringify({ name, grants: { contactLists } }),
  })
  assert.equal(made.status, 201, made.text)
  const { body } = await client.call<{ key: string }>('/v1/keys', {
    ...{ method: 'POST', headers: JSON_BODY },
    body: JSON.stringify({ tenantId: made.body.id, name, scopes: ['uploads'] }),
  })
  return createGatewayClient(address, body.key)
}
