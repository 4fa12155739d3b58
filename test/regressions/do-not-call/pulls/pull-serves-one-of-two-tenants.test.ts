import assert from 'node:assert/strict'
import { describe, test } from 'node:test'

import { dncSuite } from '../../../support/do-not-call/dnc-suite.ts'
import { createTwoTenants } from '../../../support/do-not-call/two-tenants.ts'

const ANN = '+14155550101'
const BOB = '+14155550102'

/**
 * A person whom an agent had added counted as known as soon as one tenant had pulled the list. The
 * uploads of the other tenants went on to send that person.
 */
describe('People whom agents add to a list that two tenants use', () => {
  const suite = dncSuite('platform', { taskDurationMs: 20 })

  const { otherTenant, submit } = createTwoTenants(suite)

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
