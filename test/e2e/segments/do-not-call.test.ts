import assert from 'node:assert/strict'
import { test } from 'node:test'

import { embeddedHome } from '../../support/databases/database.ts'
import { createSegmentClient, fillPeople, LIST } from '../../support/segments/segment-stage.ts'
import { setStage } from '../../support/stages/stage.ts'

const inRegion = (value: string) => ({
  contactListIds: [LIST.id],
  conditions: { attribute: 'region', operator: '=', value },
})

test('a change tells how many of those who enter must not be called by entries that came since', async () => {
  const home = embeddedHome()
  const stage = await setStage(await home.fresh(), 'guide', { provisioningLagMs: 0 })
  try {
    const gateway = await stage.gateway()
    await fillPeople(stage.sandbox, gateway.client)
    const segments = createSegmentClient(gateway.client)
    const { status, text } = await segments.put(inRegion('CA'))
    assert.equal(status, 202, text)
    await segments.ended()
    const before = await segments.preview(inRegion('NW'))
    assert.deepEqual(before.body.analysis.change, { enter: 5, leave: 1, doNotCall: 0 })
    const entries = [
      { phoneNumber: '+12125550101', reason: 'CUSTOMER_REQUEST' },
      // The number of a person who neither enters nor leaves.
      { phoneNumber: '+12125550104', reason: 'CUSTOMER_REQUEST' },
    ]
    const added = await gateway.client.call('/v1/dnc-lists/sandbox-dnc-list/entries', {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': 'dnc-1' },
      body: JSON.stringify(entries),
    })
    assert.equal(added.status, 202, added.text)
    const after = await segments.preview(inRegion('NW'))
    assert.deepEqual(after.body.analysis.change, { enter: 5, leave: 1, doNotCall: 1 })
  } finally {
    await stage.close()
    await home.close()
  }
})
