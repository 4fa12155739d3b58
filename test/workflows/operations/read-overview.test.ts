import assert from 'node:assert/strict'
import { it } from 'node:test'

import type { Scope } from '../../../src/domain/access/access.ts'
import {
  createReadOverview,
  type ReadOverviewDeps,
} from '../../../src/workflows/operations/read-overview.ts'

const asked: object[] = []
const deps = {
  readiness: async () => ({ ready: true, checks: {} }),
  pace: async () => ({}),
  uploads: { list: async () => ({ items: [], next: null }) },
  webhookEndpoints: { list: async () => ({ items: [], next: null }) },
  dncSubmissions: {
    list: async (tenantId: string, filter: object) => {
      asked.push({ tenantId, ...filter })
      return { items: [{}, {}], next: null }
    },
  },
} as unknown as ReadOverviewDeps

const heldSubmissions = async (scopes: Scope[]): Promise<number | null> => {
  const caller = { tenantId: 'acme', keyId: 'key_1', requestId: 'req_1', scopes }
  const overview = await createReadOverview(deps)(caller)
  return overview.heldSubmissions
}

it('counts the submissions of the caller that wait for a person, only for who may see submissions', async () => {
  assert.equal(await heldSubmissions(['uploads', 'webhooks']), null)
  assert.deepEqual(asked, [])
  assert.equal(await heldSubmissions(['dnc']), 2)
  const page = { limit: 100, cursor: null }
  assert.deepEqual(asked, [
    { tenantId: 'acme', ...page, states: ['held'], holdReasons: ['dnc_list_refused'] },
  ])
})
