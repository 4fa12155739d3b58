import assert from 'node:assert/strict'
import { it } from 'node:test'

import type { Scope } from '../../../src/domain/access/access.ts'
import {
  createReadOverview,
  type ReadOverviewDeps,
} from '../../../src/workflows/operations/read-overview.ts'

const asked: object[] = []
const count = (of: string, answer: number) => async (tenantId: string, reasons: object) => {
  asked.push({ of, tenantId, reasons })
  return answer
}
const deps = {
  readiness: async () => ({ ready: true, checks: {} }),
  pace: async () => ({}),
  uploads: { list: async () => ({ items: [{}], next: 'more' }), countHeld: count('uploads', 30) },
  webhookEndpoints: { list: async () => ({ items: [], next: null }) },
  retractions: { reported: async () => [] },
  dncSubmissions: { countHeld: count('submissions', 120) },
} as unknown as ReadOverviewDeps

const overviewFor = async (scopes: Scope[]) => {
  asked.length = 0
  const caller = { tenantId: 'acme', keyId: 'key_1', requestId: 'req_1', scopes }
  return createReadOverview(deps)(caller)
}

it('counts the submissions of the caller that wait for a person, only for who may see submissions', async () => {
  const { heldSubmissions, byHand } = await overviewFor(['webhooks'])
  assert.deepEqual([heldSubmissions, byHand], [null, null])
  assert.deepEqual(asked, [])
  assert.equal((await overviewFor(['dnc'])).heldSubmissions, 120)
  assert.deepEqual(asked, [{ of: 'submissions', tenantId: 'acme', reasons: ['dnc_list_refused'] }])
})

it('counts all held uploads that wait for a person, also those beyond the newest that it shows', async () => {
  const { held } = await overviewFor(['uploads'])
  assert.deepEqual(held, { items: [{}], more: true, forPerson: 30 })
  const reasons = ['apply', 'list_error', 'refusals', 'import_unproven', 'dnc_stale']
  assert.deepEqual(asked, [{ of: 'uploads', tenantId: 'acme', reasons }])
})
