import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'

import type { SandboxHandle } from '../../../src/sandbox/server/start-sandbox.ts'
import { embeddedHome } from '../../support/databases/database.ts'
import { ADMIN_KEY } from '../../support/gateway/gateway-process.ts'
import { setApplyStage, type ApplyStage } from '../../support/segments/apply-stage.ts'
import {
  CAMPAIGN,
  createSegmentClient,
  fillPeople,
  GUIDE_EXAMPLE,
  LIST,
} from '../../support/segments/segment-stage.ts'
import { type RunningGateway, setStage, type Stage } from '../../support/stages/stage.ts'

/** A literal that occurs nowhere else. */
const CANARY = 'Quetzalcoatlina'
const QUICK = { kind: 'campaign-stopping', lagMs: 1 } as const

describe('A segment on its way to Genesys, where the source guide was wrong', () => {
  let stage: ApplyStage
  let campaigns = 0
  before(async () => {
    stage = await setApplyStage('guide')
  })
  after(() => stage.close())
  const newCampaign = (): string => {
    campaigns += 1
    const id = `campaign-${campaigns}`
    stage.sandbox.makeCampaign({ id, name: id, contactListId: LIST.id })
    return id
  }
  const applied = async (id: string): Promise<string> => {
    for (let looks = 0; looks < 20; looks += 1) {
      if ((await stage.look(id)) === null) break
      await delay(5)
    }
    return (await stage.latest(id)).state
  }
  const calls = (sandbox: SandboxHandle): number => sandbox.ledger().requests.total

  it('E10: dialing mode and `useOnlyOnce` are sent where they were given, and stay as they are otherwise', async () => {
    const id = newCampaign()
    await stage.put(id, { dialingMode: 'power', useOnlyOnce: true })
    assert.equal(await applied(id), 'applied')
    await stage.put(id)
    assert.equal(await applied(id), 'applied')
    const { campaign } = stage.sandbox.campaign(id)
    assert.deepEqual([campaign['dialingMode'], campaign['useOnlyOnce']], ['power', true])
  })

  it('E15: a 429 with a date is waited for, 5xx and a revoked token are tried again', async () => {
    const faults = [
      { kind: 'status', status: 429, retryAfter: 'date', retryAfterSeconds: 1 },
      { kind: 'status', status: 503 },
    ] as const
    for (const fault of [...faults, { kind: 'revoke-tokens' } as const]) {
      const id = newCampaign()
      stage.sandbox.setFaults([{ ...fault, operation: 'campaign-write', count: 1 }])
      const before = calls(stage.sandbox)
      await stage.put(id)
      assert.equal(await applied(id), 'applied', JSON.stringify(fault))
      // A Retry-After that is not a number counts as no wait. If it were read wrongly, there would
      // be hundreds of calls.
      assert.ok(calls(stage.sandbox) - before < 10)
      assert.equal(stage.sandbox.campaign(id).writes, 1)
    }
    stage.sandbox.setFaults([])
  })

  it('E16: an index that is not ready in time is no failure', async () => {
    const id = newCampaign()
    stage.sandbox.setFaults([{ kind: 'index-lag', lagMs: 600_000, count: 1 }])
    await stage.put(id)
    await stage.look(id)
    stage.advance(61_000)
    await stage.look(id)
    const { state, problem } = await stage.latest(id)
    assert.deepEqual([state, problem], ['index_pending', null])
    assert.equal(stage.sandbox.campaign(id).writes, 1)
  })

  it('E17: the looks at an index come at growing distances', async () => {
    const id = newCampaign()
    stage.sandbox.setFaults([{ kind: 'index-lag', lagMs: 600_000, count: 1 }])
    await stage.put(id)
    await stage.look(id)
    await stage.put(id)
    const waits: (number | null)[] = []
    for (let look = 0; look < 5; look += 1) waits.push(await stage.look(id))
    assert.deepEqual(waits, [5_000, 10_000, 20_000, 40_000, 60_000])
    stage.sandbox.setFaults([])
  })

  it('E22: what was asked, sent and done is in the audit trail', async () => {
    const id = newCampaign()
    await stage.put(id)
    await applied(id)
    const { rows } = await stage.store.sql.executeSql(
      `select action, outcome from audit_entry where object = '${id}' and action <> 'segment.moved' order by at, id`,
    )
    assert.deepEqual(rows, [
      { action: 'segment.requested', outcome: 'ok' },
      { action: 'segment.sent', outcome: 'intended' },
      { action: 'segment.applied', outcome: 'ok' },
    ])
  })

  it('E26: what Genesys says in its refusals goes nowhere', async () => {
    const id = newCampaign()
    stage.sandbox.setFaults([{ kind: 'rule-refused', ruleIndex: 1 }])
    await stage.put(id)
    assert.equal(await applied(id), 'failed')
    const segment = await stage.latest(id)
    const { rows } = await stage.store.sql.executeSql(
      `select row_to_json(a) from audit_entry a where object = '${id}'`,
    )
    const places = JSON.stringify([segment, rows, stage.said])
    assert.ok(stage.said.length > 0 && rows.length > 2)
    assert.ok(!places.includes('Refused by the fault plan'), places)
    assert.equal(segment.problem?.path, '/conditions')
    stage.sandbox.setFaults([])
  })
})

describe('A segment over HTTP, where the source guide was wrong', () => {
  const home = embeddedHome()
  let stage: Stage
  let gateway: RunningGateway
  let segments: ReturnType<typeof createSegmentClient>
  before(async () => {
    stage = await setStage(await home.fresh(), 'guide', { provisioningLagMs: 0 })
    gateway = await stage.gateway({
      ...{ CDP_SYNC_URL: stage.crm.url, CDP_SYNC_SECRET: stage.crm.secret },
      SEGMENT_CONFIRM_SHARE: '100000',
    })
    segments = createSegmentClient(gateway.client)
  })
  after(async () => {
    await stage.close()
    await home.close()
  })

  it('E19: nothing is said of what was not counted, and what was counted is what the rows say', async () => {
    stage.sandbox.makeList(LIST)
    stage.sandbox.makeCampaign(CAMPAIGN)
    const before = await segments.preview(GUIDE_EXAMPLE)
    assert.equal(before.body.analysis.matches, null)
    await fillPeople(stage.sandbox, gateway.client)
    const { matches } = (await segments.preview(GUIDE_EXAMPLE)).body.analysis
    assert.deepEqual([matches?.total, matches?.selected, matches?.excluded], [8, 3, 2])
  })

  it('E18: a platform that does not take the word is told again, and the segment is what it is', async () => {
    stage.crm.refuseNext(2, 500)
    const { status, text } = await segments.put(GUIDE_EXAMPLE)
    assert.equal(status, 202, text)
    assert.equal((await segments.ended()).state, 'applied')
    const told = await stage.crm.message(({ type }) => type === 'segment.applied', 60_000)
    const { data } = told as unknown as { data: { campaignId: string; state: string } }
    assert.deepEqual([data.campaignId, data.state], [CAMPAIGN.id, 'applied'])
  })

  it('E20: of two changes that have seen the same version one is told so, and neither is lost', async () => {
    const { version } = await segments.ended()
    const seen = { 'if-match': `"${version}"` }
    const both = await Promise.all([
      segments.put(GUIDE_EXAMPLE, seen),
      segments.put({ ...GUIDE_EXAMPLE, exclusionRules: [] }, seen),
    ])
    assert.deepEqual(
      both.map(({ status }) => status).toSorted((one, other) => one - other),
      [202, 412],
    )
    assert.equal((await segments.ended()).version, version + 1)
  })

  it('E13, E14: no line of the log holds credentials, a token, a rule or an answer', async () => {
    const conditions = { attribute: 'region', operator: '=', value: CANARY }
    stage.sandbox.setFaults([QUICK, { kind: 'rule-refused', ruleIndex: 1, count: 1 }])
    await segments.put({ contactListIds: [LIST.id], conditions })
    assert.equal((await segments.ended()).problem?.code, 'genesys-rule-refused')
    await segments.put({ contactListIds: [LIST.id], conditions })
    assert.equal((await segments.ended()).state, 'applied')
    await segments.put({ contactListIds: [LIST.id], conditions: { ...conditions, operator: '~' } })
    const metrics = (await gateway.client.call('/metrics')).text
    await gateway.stop()
    const log = gateway.output.join('\n')
    assert.ok(log.includes('segment.ended') && log.includes('genesys.attempted'))
    const basic = Buffer.from('sandbox-client:sandbox-secret').toString('base64')
    const secrets = [CANARY, basic, 'sandbox-secret', ADMIN_KEY, 'access_token', 'Bearer ']
    for (const secret of [...secrets, 'Refused by the fault plan']) {
      assert.ok(!log.includes(secret), `the log holds ${secret}`)
      assert.ok(!metrics.includes(secret), `a metric holds ${secret}`)
    }
  })
})
