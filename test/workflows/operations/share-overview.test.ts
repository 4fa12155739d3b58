import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import type { Caller } from '../../../src/domain/access/access.ts'
import type { Overview } from '../../../src/workflows/operations/read-overview.ts'
import { shareOverview } from '../../../src/workflows/operations/share-overview.ts'

const callerOf = (more: Partial<Caller> = {}): Caller => ({
  ...{ tenantId: 'a', keyId: 'key_1', scopes: ['admin'], requestId: 'req_1' },
  ...more,
})

describe('An overview that pages share', () => {
  it('is read once for all who have the same rights in the same tenant, for a second', async () => {
    let nowMs = 0
    const read: string[] = []
    const overview = shareOverview({
      clock: { monotonicMs: () => nowMs },
      readOverview: async ({ tenantId, scopes }) => {
        read.push(`${tenantId} ${scopes.join()}`)
        return {} as Overview
      },
    })
    await Promise.all([overview(callerOf()), overview(callerOf({ keyId: 'key_2' }))])
    await overview(callerOf({ tenantId: 'b' }))
    await overview(callerOf({ scopes: ['uploads'] }))
    assert.deepEqual(read, ['a admin', 'b admin', 'a uploads'])
    nowMs = 1_000
    await overview(callerOf())
    assert.equal(read.length, 4)
  })

  it('is read anew after it could not be read', async () => {
    let fails = true
    const overview = shareOverview({
      clock: { monotonicMs: () => 0 },
      readOverview: async () => {
        if (fails) throw new Error('away')
        return {} as Overview
      },
    })
    await assert.rejects(overview(callerOf()), /away/u)
    fails = false
    await overview(callerOf())
  })
})
