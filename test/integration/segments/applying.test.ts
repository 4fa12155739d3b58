import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'

import { GenesysFailure } from '../../../src/domain/genesys/genesys-failure.ts'
import type { CampaignSegment } from '../../../src/domain/segments/campaign-segment.ts'
import { setApplyStage, type ApplyStage } from '../../support/segments/apply-stage.ts'
import { LIST } from '../../support/segments/segment-stage.ts'
import { audit } from '../../support/stages/store-uploads.ts'

const MINUTE_MS = 60_000
/**
 * The steps of a version whose campaign is stopped, waited for and started again, with some in
 * reserve.
 */
const MOST_LOOKS = 30

let stage: ApplyStage
let campaigns = 0
const newCampaign = (status: 'on' | 'off' | 'stopping' = 'off'): string => {
  campaigns += 1
  const id = `campaign-${campaigns}`
  stage.sandbox.makeCampaign({ id, name: id, contactListId: LIST.id, status })
  stage.told.length = 0
  return id
}
/** Takes steps until there is nothing more to do, or until `stop` returns true. */
const work = async (
  id: string,
  stop: (segment: CampaignSegment) => boolean = () => false,
): Promise<CampaignSegment> => {
  for (let looks = 0; looks < MOST_LOOKS; looks += 1) {
    const nextMs = await stage.look(id)
    const segment = await stage.latest(id)
    if (nextMs === null || stop(segment)) return segment
    await delay(2)
  }
  throw new Error(JSON.stringify(await stage.latest(id)))
}
/** Genesys does not answer. The test does not wait for the retries of the transport. */
const away = (operation: string) =>
  new Proxy(stage.genesys.campaigns, {
    get: (object, name) =>
      name === operation
        ? () => Promise.reject(new GenesysFailure('unavailable', operation))
        : (Reflect.get(object, name, object) as unknown),
  })
const statusOf = (id: string): string => stage.sandbox.campaign(id).campaign.campaignStatus

describe('A segment on its way to the guide dialect', () => {
  before(async () => {
    stage = await setApplyStage('guide')
  })
  after(() => stage.close())

  it('waits for an index that rebuilds by growing steps, is told of as held after an hour, and goes on by itself', async () => {
    const id = newCampaign()
    stage.sandbox.setFaults([{ kind: 'index-lag', lagMs: 70 * MINUTE_MS, count: 1 }])
    await stage.put(id)
    await stage.look(id)
    await stage.put(id)
    const waits: (number | null)[] = []
    let minutes = 0
    for (; minutes < 65; minutes += 5) {
      waits.push(await stage.look(id))
      const { state, hold, waitingFor } = await stage.latest(id)
      assert.equal(waitingFor, 'index')
      assert.deepEqual(
        [state, hold?.reason ?? null],
        minutes < 60 ? ['applying', null] : ['held', 'campaign_busy'],
        `after ${minutes} minutes`,
      )
      stage.advance(5 * MINUTE_MS)
    }
    assert.deepEqual(waits.slice(0, 6), [5_000, 10_000, 20_000, 40_000, 60_000, 60_000])
    const held = await stage.latest(id)
    assert.equal(held.problem?.code, 'segment-held-campaign-busy')
    await stage.look(id)
    assert.equal((await stage.latest(id)).hold?.since, held.hold?.since, 'a hold began anew')
    assert.equal(stage.told.filter((name) => name === 'segment.held').length, 1)
    stage.advance(10 * MINUTE_MS)
    const applied = await work(id)
    assert.deepEqual(
      [applied.state, applied.hold, applied.problem, applied.waitingFor],
      ['applied', null, null, null],
    )
  })

  it('is told of as applied with its index pending once the wait for it is over, and again when it is ready', async () => {
    const id = newCampaign()
    stage.sandbox.setFaults([{ kind: 'index-lag', lagMs: 3 * MINUTE_MS, count: 1 }])
    await stage.put(id)
    const waits = [await stage.look(id)]
    for (const passed of [5, 10, 20, 25]) {
      stage.advance(passed * 1_000)
      waits.push(await stage.look(id))
    }
    const seconds = waits.map((wait) => Math.ceil((wait ?? 0) / 1_000))
    const [first, second, third, last = 0, after] = seconds
    assert.deepEqual([first, second, third, after], [5, 10, 20, 60])
    // The last wait before the end of the minute is shortened, so that it ends with the minute. The
    // seconds that this test has taken so far count too.
    assert.ok(last <= 25 && last > 10, `${last} s`)
    assert.equal((await stage.latest(id)).state, 'index_pending')
    assert.equal((await stage.store.segments.inForce(id))?.version, 1)
    stage.advance(3 * MINUTE_MS)
    assert.equal((await work(id)).state, 'applied')
    assert.equal(stage.told.filter((name) => name === 'segment.ended').length, 2)
  })

  it('is held while Genesys does not answer, and goes on by itself', async () => {
    for (const operation of ['readCampaign', 'putRules']) {
      const id = newCampaign()
      stage.sandbox.setFaults([])
      await stage.put(id)
      const nextMs = await stage.look(id, away(operation))
      assert.ok(nextMs !== null, 'nobody looks again')
      const held = await stage.latest(id)
      assert.deepEqual([held.state, held.hold?.reason], ['held', 'genesys_unavailable'])
      const applied = await work(id)
      assert.deepEqual([applied.state, applied.hold, applied.problem], ['applied', null, null])
    }
  })

  it('that Genesys refuses us the campaign for waits for a word, and goes on with it', async () => {
    const id = newCampaign()
    stage.sandbox.setFaults([{ kind: 'status', operation: 'campaign-write', status: 403 }])
    await stage.put(id)
    assert.equal(await stage.look(id), null)
    const held = await stage.latest(id)
    assert.deepEqual([held.state, held.hold?.reason], ['held', 'campaign_refused'])
    assert.match(held.problem?.detail ?? '', /outbound:campaign:edit/)
    stage.sandbox.setFaults([])
    assert.equal(await stage.look(id), null, 'nobody has said a word')
    assert.equal((await stage.latest(id)).state, 'held')
    await stage.store.segments.resume(id, audit('segment.resumed', id))
    assert.equal((await work(id)).state, 'applied')
  })

  it('fails with the rule that Genesys refused, where it names one', async () => {
    for (const [ruleIndex, path] of [
      [0, '/contactListIds/0'],
      [1, '/conditions'],
    ] as const) {
      const id = newCampaign()
      stage.sandbox.setFaults([{ kind: 'rule-refused', ruleIndex }])
      await stage.put(id)
      const { state, problem } = await work(id)
      assert.deepEqual(
        [state, problem?.code, problem?.path],
        ['failed', 'genesys-rule-refused', path],
      )
    }
    const id = newCampaign()
    stage.sandbox.setFaults([{ kind: 'rule-refused', ruleIndex: 0, named: false }])
    await stage.put(id)
    const { problem } = await work(id)
    assert.deepEqual([problem?.code, problem?.path], ['genesys-rule-refused', undefined])
  })
})

describe('A segment on its way to the platform dialect', () => {
  before(async () => {
    stage = await setApplyStage('platform')
  })
  after(() => stage.close())
  /** A running campaign was stopped and has got its filter. Only the start is left to do. */
  const stopped = async (): Promise<string> => {
    const id = newCampaign('on')
    await stage.put(id)
    await work(id, ({ progress }) => progress.step === 'sent')
    assert.equal(statusOf(id), 'off')
    return id
  }
  const quick = { kind: 'campaign-stopping', lagMs: 1 } as const

  it('restarts a running campaign only where that was asked for', async () => {
    stage.sandbox.setFaults([quick])
    const kept = newCampaign('on')
    await stage.put(kept, { activation: 'keep' })
    const failed = await work(kept)
    assert.deepEqual([failed.state, failed.problem?.code], ['failed', 'campaign-running'])
    assert.deepEqual([statusOf(kept), stage.sandbox.campaign(kept).writes], ['on', 0])
    const restarted = await stopped()
    const { state, problem } = await work(restarted)
    assert.deepEqual([state, problem, statusOf(restarted)], ['applied', null, 'on'])
  })

  it('leaves a campaign off, and alarms, where the restart is refused', async () => {
    for (const status of [400, 403]) {
      stage.sandbox.setFaults([quick])
      const id = await stopped()
      stage.sandbox.setFaults([
        quick,
        { kind: 'status', operation: 'campaign-control', status, code: 'invalid.start' },
      ])
      const { state, problem } = await work(id)
      assert.deepEqual([state, problem?.code], ['applied', 'campaign-left-off'])
      assert.ok(stage.told.includes('segment.campaign_left_off'))
    }
  })

  it('starts a campaign again within 10 minutes and not after them', async () => {
    stage.sandbox.setFaults([quick])
    const early = await stopped()
    stage.advance(9 * MINUTE_MS)
    const { problem } = await work(early)
    assert.deepEqual([problem, statusOf(early)], [null, 'on'])
    const late = await stopped()
    stage.advance(11 * MINUTE_MS)
    const applied = await work(late)
    assert.deepEqual([applied.state, applied.problem?.code], ['applied', 'campaign-left-off'])
    assert.equal(statusOf(late), 'off')
    assert.ok(stage.told.includes('segment.campaign_left_off'))
  })

  it('does not start a campaign that somebody else has changed meanwhile', async () => {
    stage.sandbox.setFaults([quick])
    const id = await stopped()
    stage.sandbox.makeCampaign({ id, name: 'Another', contactListId: LIST.id })
    const { problem } = await work(id)
    assert.deepEqual([problem?.code, statusOf(id)], ['campaign-left-off', 'off'])
  })

  it('starts the campaign again where Genesys refuses the filter', async () => {
    const id = newCampaign('on')
    stage.sandbox.setFaults([
      quick,
      { kind: 'status', operation: 'campaign-write', status: 400, code: 'bad.request' },
    ])
    await stage.put(id)
    const { state, problem } = await work(id)
    assert.deepEqual([state, problem?.code], ['failed', 'genesys-rule-refused'])
    assert.equal(statusOf(id), 'on')
  })

  it('is a newer version’s to start, where that one came while the campaign was stopped', async () => {
    stage.sandbox.setFaults([quick])
    const id = await stopped()
    await stage.put(id, { activation: 'keep' })
    const { state, problem, version } = await work(id)
    assert.deepEqual([state, problem, version, statusOf(id)], ['applied', null, 2, 'on'])
  })

  it('reads a campaign again, once, where its version has moved, whichever status says so', async () => {
    for (const status of [409, 400]) {
      const id = newCampaign()
      const fault = { kind: 'status', operation: 'campaign-write', status } as const
      const code = 'invalid.update.wrong.version'
      stage.sandbox.setFaults([{ ...fault, code, count: 1 }])
      await stage.put(id)
      assert.equal((await work(id)).state, 'applied', String(status))
      stage.sandbox.setFaults([{ ...fault, code, count: 2 }])
      await stage.put(id)
      assert.equal(await stage.look(id), 5_000)
      assert.equal((await stage.latest(id)).waitingFor, 'campaign')
      assert.equal((await work(id)).state, 'applied')
    }
  })

  it('is held while Genesys does not answer, also with the campaign stopped, which then runs again', async () => {
    stage.sandbox.setFaults([quick])
    const id = await stopped()
    await stage.look(id, away('start'))
    assert.equal((await stage.latest(id)).hold?.reason, 'genesys_unavailable')
    const { state, hold, problem } = await work(id)
    assert.deepEqual([state, hold, problem, statusOf(id)], ['applied', null, null, 'on'])
  })
})
