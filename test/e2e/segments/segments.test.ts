import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'

import { embeddedHome } from '../../support/databases/database.ts'
import {
  CAMPAIGN,
  createSegmentClient,
  fillPeople,
  GUIDE_EXAMPLE,
  LIST,
} from '../../support/segments/segment-stage.ts'
import { type RunningGateway, setStage, type Stage } from '../../support/stages/stage.ts'

for (const dialect of ['guide', 'platform'] as const) {
  describe(`Segments with the ${dialect} dialect`, () => {
    const home = embeddedHome()
    let stage: Stage
    let gateway: RunningGateway
    let segments: ReturnType<typeof createSegmentClient>
    before(async () => {
      stage = await setStage(await home.fresh(), dialect)
      gateway = await stage.gateway({
        CDP_SYNC_URL: stage.crm.url,
        CDP_SYNC_SECRET: stage.crm.secret,
      })
      await fillPeople(stage.sandbox, gateway.client)
      segments = createSegmentClient(gateway.client)
    })
    after(async () => {
      await stage.close()
      await home.close()
    })

    test('the example of guide 004 dials whom it means, and nobody who must not be called', async () => {
      const { status, body, text, headers } = await segments.put(GUIDE_EXAMPLE)
      assert.equal(status, 202, text)
      assert.equal(headers.get('etag'), '"1"')
      assert.deepEqual(body.definition, GUIDE_EXAMPLE)
      assert.deepEqual(
        body.analysis.findings
          .filter(({ code }) => code === 'literal-taken-as-number')
          .map(({ path }) => path),
        ['/exclusionRules/1/value'],
      )
      const { matches } = body.analysis
      assert.equal(matches?.selected, 3, JSON.stringify(matches))
      assert.equal(matches?.basis, dialect === 'guide' ? 'rows' : 'preview')
      const applied = await segments.ended()
      assert.equal(applied.state, 'applied', JSON.stringify(applied))
      assert.deepEqual(stage.sandbox.campaign(CAMPAIGN.id).dials, [
        'fits',
        'fits-too',
        'contacted-9',
      ])
      const told = await stage.crm.message(({ type }) => type === 'segment.applied')
      const { data } = told as unknown as { data: Record<string, unknown> }
      assert.deepEqual(
        { campaignId: data['campaignId'], version: data['version'], state: data['state'] },
        { campaignId: CAMPAIGN.id, version: 1, state: 'applied' },
      )
    })

    test('a key that is sent again gets the same answer and makes no second version', async () => {
      const key = { 'idempotency-key': 'twice' }
      const first = await segments.put(GUIDE_EXAMPLE, key)
      const again = await segments.put(GUIDE_EXAMPLE, key)
      assert.equal(again.text, first.text)
      assert.equal(again.headers.get('idempotency-replayed'), 'true')
      assert.equal((await segments.find()).version, first.body.version)
      const other = await segments.put({ ...GUIDE_EXAMPLE, exclusionRules: [] }, key)
      assert.deepEqual([other.status, other.body.code], [422, 'idempotency-key-reused'])
    })

    test('of two changes to the same version, one is refused', async () => {
      const { version } = await segments.find()
      const seen = { 'if-match': `"${version}"` }
      // Either version may be accepted, so both dial the same people. Later tests count who was
      // dialled before them.
      const reversed = GUIDE_EXAMPLE.exclusionRules.toReversed()
      const both = await Promise.all([
        segments.put(GUIDE_EXAMPLE, seen),
        segments.put({ ...GUIDE_EXAMPLE, exclusionRules: reversed }, seen),
      ])
      assert.deepEqual(
        both.map(({ status }) => status).toSorted((a, b) => a - b),
        [202, 412],
      )
      assert.equal((await segments.ended()).version, version + 1)
    })

    test('rules that would dial nobody need a confirmation, and are then applied', async () => {
      await segments.ended()
      const nobody = {
        contactListIds: [LIST.id],
        conditions: {
          all: [
            { attribute: 'age', operator: '<', value: 20 },
            { attribute: 'age', operator: '>', value: 30 },
          ],
        },
      }
      const refused = await segments.put(nobody)
      assert.deepEqual([refused.status, refused.body.code], [409, 'segment-needs-confirm'])
      assert.deepEqual(refused.body.reasons, ['unsatisfiable', 'change-past-share'])
      const { body, status } = await segments.put({ ...nobody, confirm: refused.body.digest })
      assert.equal(status, 202)
      assert.deepEqual(body.analysis.change, {
        enter: 0,
        leave: 3,
        doNotCall: dialect === 'guide' ? 0 : null,
      })
      await segments.ended()
      assert.deepEqual(stage.sandbox.campaign(CAMPAIGN.id).dials, [])
    })

    test('a rollback applies an earlier version as the newest one', async () => {
      const { version } = await segments.find()
      const asked = await segments.rollBack({ version: 1 })
      assert.deepEqual([asked.status, asked.body.code], [409, 'segment-needs-confirm'])
      const { body, status, text } = await segments.rollBack({
        version: 1,
        confirm: asked.body.digest,
      })
      assert.equal(status, 202, text)
      assert.equal(body.version, version + 1)
      await segments.ended()
      assert.deepEqual(stage.sandbox.campaign(CAMPAIGN.id).dials, [
        'fits',
        'fits-too',
        'contacted-9',
      ])
      const { body: page } = await segments.versions('?limit=2')
      assert.deepEqual(
        page.items.map((item) => item.version),
        [version + 1, version],
      )
      const rest = await segments.versions(`?cursor=${page.next}&limit=100`)
      assert.equal(rest.body.items.at(-1)?.version, 1)
      assert.equal(rest.body.next, null)
    })
  })
}
