import assert from 'node:assert/strict'
import { describe, test } from 'node:test'

import { dncSuite } from '../../../support/do-not-call/dnc-suite.ts'
import { createTwoTenants } from '../../../support/do-not-call/two-tenants.ts'

const ANN = '+14155550101'

describe('A pull of a list that two tenants use', () => {
  const suite = dncSuite('platform', { taskDurationMs: 20 })

  const { otherTenant, submit } = createTwoTenants(suite)
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
