import assert from 'node:assert/strict'
import { test } from 'node:test'

import { embeddedHome } from '../../support/databases/database.ts'
import {
  CAMPAIGN,
  createSegmentClient,
  GUIDE_EXAMPLE,
  LIST,
} from '../../support/segments/segment-stage.ts'
import { setStage } from '../../support/stages/stage.ts'

/**
 * A caller who had not seen the newest version was told 409 `segment-needs-confirm` and the digest
 * to confirm with, instead of 412. The confirmation could only be refused again.
 */
test('a write with the ETag of an earlier version is 412, and is never asked to confirm', async () => {
  const home = embeddedHome()
  const stage = await setStage(await home.fresh(), 'guide', { provisioningLagMs: 0 })
  try {
    const gateway = await stage.gateway()
    const segments = createSegmentClient(gateway.client)
    stage.sandbox.makeList(LIST)
    stage.sandbox.makeCampaign(CAMPAIGN)
    const age = (operator: string, value: number) => ({ attribute: 'age', operator, value })
    const nobody = {
      contactListIds: [LIST.id],
      conditions: { all: [age('<', 20), age('>', 30)] },
    }
    const unseen = { 'if-match': '"1"' }
    const early = await segments.put(nobody, unseen)
    assert.deepEqual([early.status, early.body.code], [412, 'precondition-failed'])
    assert.equal((await segments.put(GUIDE_EXAMPLE)).headers.get('etag'), '"1"')
    assert.equal((await segments.put(GUIDE_EXAMPLE)).headers.get('etag'), '"2"')
    const stale = await segments.put(nobody, unseen)
    assert.deepEqual([stale.status, stale.body.code], [412, 'precondition-failed'])
    for (const headers of [{}, { 'if-match': '*' }, { 'if-match': '"1", "2"' }]) {
      const asked = await segments.put(nobody, headers)
      assert.deepEqual([asked.status, asked.body.code], [409, 'segment-needs-confirm'])
    }
  } finally {
    await stage.close()
    await home.close()
  }
})
