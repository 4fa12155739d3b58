import assert from 'node:assert/strict'
import { test } from 'node:test'

import { systemClock } from '../../src/lib/clock.ts'
import { eachHome } from '../support/databases/database.ts'
import { addTenant } from '../support/gateway/add-tenant.ts'
import type { GatewayClient } from '../support/gateway/gateway-client.ts'
import { cleanFile, differences } from '../support/stages/contact-file.ts'
import { type RunningGateway, setStage } from '../support/stages/stage.ts'

const LIST = 'demo-contacts'
/** No other wait of the sandbox has this length. */
const HOLD_MS = 1_501

eachHome('Content whose arrival nobody knows of', (home) => {
  const goesBack = async (who: (gateway: RunningGateway) => Promise<GatewayClient>) => {
    const cancelled = Promise.withResolvers<void>()
    const stage = await setStage(await home.fresh(), 'guide', {
      clock: {
        ...systemClock,
        sleep: (ms, signal) => (ms === HOLD_MS ? cancelled.promise : systemClock.sleep(ms, signal)),
      },
    })
    try {
      const gateway = await stage.gateway()
      const { client } = gateway
      const other = await who(gateway)
      const before = cleanFile({ rows: 40 })
      await client.finished((await client.upload(LIST, before.csv)).body.id)
      // Genesys takes the batch, but the gateway does not learn of that before the upload is
      // cancelled: the connection is held until then.
      stage.sandbox.setFaults([
        { kind: 'executed-then-timeout', operation: 'bulk', count: 1, holdMs: HOLD_MS },
      ])
      const changed = await other.upload(LIST, cleanFile({ rows: 40, version: 2 }).csv)
      while (stage.sandbox.ledger({ listId: LIST }).lists[0]?.appliedRequests !== 2) {
        await other.find(changed.body.id)
      }
      const { status } = await other.call(`/v1/uploads/${changed.body.id}/cancel`, {
        method: 'POST',
      })
      assert.equal(status, 200)
      cancelled.resolve()
      const again = await client.finished((await client.upload(LIST, before.csv)).body.id, 90_000)
      assert.equal(again.counts.unchanged, 0)
      assert.deepEqual(differences(stage.sandbox.contents(LIST), before.expected), [])
    } finally {
      await stage.close()
    }
  }

  test('going back to the content before a cancelled upload sends it again', () =>
    goesBack(async ({ client }) => client))

  test('and so does going back after a cancelled upload of another tenant, who never had the contacts', () =>
    goesBack((gateway) => addTenant(gateway, 'neighbour', [LIST])))
})
