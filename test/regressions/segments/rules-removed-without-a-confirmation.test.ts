import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'

import { embeddedHome } from '../../support/databases/database.ts'
import {
  CAMPAIGN,
  createSegmentClient,
  fillPeople,
  LIST,
} from '../../support/segments/segment-stage.ts'
import { type RunningGateway, setStage, type Stage } from '../../support/stages/stage.ts'

/**
 * A segment without rules dials the whole list. The gateway compared no counts for it, because
 * Genesys shows no preview without a filter. So the change that lets most people in, for example a
 * definition whose conditions were lost on the way, was the one that needed no confirmation.
 */
describe('A segment without rules after a segment with rules', () => {
  const home = embeddedHome()
  let stage: Stage
  let gateway: RunningGateway
  before(async () => {
    stage = await setStage(await home.fresh(), 'platform')
    gateway = await stage.gateway({ SEGMENT_EXCLUSIONS: '[]' })
    await fillPeople(stage.sandbox, gateway.client)
  })
  after(async () => {
    await stage.close()
    await home.close()
  })

  it('is counted, and needs a confirmation like every change of this size', async () => {
    const segments = createSegmentClient(gateway.client)
    const few = { attribute: 'region', operator: '=', value: 'FL' }
    const narrow = await segments.put({ contactListIds: [LIST.id], conditions: few })
    assert.equal(narrow.status, 202, narrow.text)
    await segments.ended()

    const everybody = { contactListIds: [LIST.id] }
    const preview = await segments.preview(everybody)
    const { matches, change } = preview.body.analysis
    assert.deepEqual([matches?.total, matches?.selected], [8, 8], preview.text)
    assert.deepEqual([change?.enter, change?.leave], [7, 0])
    const refused = await segments.put(everybody)
    assert.deepEqual([refused.status, refused.body.code], [409, 'segment-needs-confirm'])
    assert.deepEqual(refused.body.reasons, ['change-past-share'])
    assert.deepEqual(stage.sandbox.campaign(CAMPAIGN.id).dials, ['elsewhere'])

    const { digest } = refused.body
    const confirmed = await segments.put({ ...everybody, confirm: digest })
    assert.equal(confirmed.status, 202, confirmed.text)
    await segments.until(({ version, state }) => version === 2 && state === 'applied')
    const again = await segments.put(everybody)
    assert.equal(again.status, 202, again.text)
  })
})
