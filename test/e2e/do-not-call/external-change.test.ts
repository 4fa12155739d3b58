import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, test } from 'node:test'

import { dncChangeEventSchema } from '../../../src/http/routes/do-not-call/dnc-schemas.ts'
import type { FaultPlan } from '../../../src/sandbox/faults/fault-plan.ts'
import { embeddedHome } from '../../support/databases/database.ts'
import { freePort } from '../../support/gateway/free-port.ts'
import { type RunningGateway, setStage, type Stage } from '../../support/stages/stage.ts'

const SECRET = `whsec_${Buffer.alloc(32, 3).toString('base64')}`

describe('A DNC list that somebody changes inside Genesys', () => {
  const home = embeddedHome()
  let stage: Stage
  let gateway: RunningGateway
  let env: Record<string, string>
  let lists = 0
  let list = ''
  const subscribed = async (): Promise<void> => {
    for (;;) {
      const { text } = await gateway.client.call('/readyz')
      if (text.includes('subscribed to new entries of DNC lists')) return
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }
  before(async () => {
    stage = await setStage(await home.fresh(), 'guide')
    const port = await freePort()
    env = {
      ...{ PORT: String(port), PUBLIC_URL: `http://127.0.0.1:${port}` },
      WEBHOOK_SECRET: SECRET,
    }
    gateway = await stage.gateway(env)
    await subscribed()
  })
  after(async () => {
    await stage.close()
    await home.close()
  })
  beforeEach(() => {
    list = `changed-${(lists += 1)}`
    stage.sandbox.makeDncList({ id: list, name: list })
  })

  /** The messages about the list. One that was sent again counts once. */
  const tellings = () =>
    [...new Map(stage.crm.heard.map((message) => [message.id, message])).values()]
      .map(({ id: _id, ...message }) => dncChangeEventSchema.safeParse(message).data)
      .filter((message) => message?.data.dncListId === list)
  /**
   * An agent adds a number while these faults are set. Resolves when the gateway has answered
   * Genesys' notification.
   */
  const change = async (faults: FaultPlan = []): Promise<void> => {
    stage.sandbox.setFaults(faults)
    stage.sandbox.changeAsAgent(list, { add: ['+14155550101'] })
    await stage.sandbox.calledBack()
    stage.sandbox.setFaults([])
  }
  const heard = () =>
    stage.crm.message(
      ({ type, data }) =>
        type === 'dnc.external_change' && (data as { dncListId?: string }).dncListId === list,
    )
  const answers = () =>
    stage.sandbox
      .ledger()
      .dncEvents.entries.filter(({ uploadId }) => uploadId === list)
      .map(({ answered }) => answered)

  test('is told to the endpoints, also when Genesys tells of it late', async () => {
    await change([{ kind: 'callback-late', delayMs: 300, operation: 'dnc-event' }])
    await heard()
    assert.deepEqual([answers(), tellings().length], [[200], 1])
  })

  test('is told once when Genesys tells of it three times', async () => {
    await change([{ kind: 'callback-duplicated', times: 2, operation: 'dnc-event' }])
    await heard()
    assert.deepEqual([answers(), tellings().length], [[200, 200, 200], 1])
  })

  test('may be our own while entries of ours go there, and after; else it is not', async () => {
    await change()
    await heard()
    const entries = await gateway.client.call(`/v1/dnc-lists/${list}/entries`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': `own-${list}` },
      body: JSON.stringify([{ phoneNumber: '+14155550199' }]),
    })
    assert.equal(entries.status, 202)
    const own = await stage.crm.message(({ type, data }) => {
      const about = data as { dncListId?: string; mayBeOwn?: boolean }
      return type === 'dnc.external_change' && about.dncListId === list && about.mayBeOwn === true
    })
    assert.ok(own)
    assert.deepEqual(
      tellings().map((message) => message?.data.mayBeOwn),
      [false, true],
    )
  })

  for (const how of ['unsigned', 'forged'] as const) {
    test(`is told to nobody by a call that is ${how}`, async () => {
      await change([{ kind: 'callback-forged', how, operation: 'dnc-event' }])
      assert.deepEqual(answers(), [401])
      await change()
      const metrics = (await gateway.client.call('/metrics')).text
      assert.match(metrics, /webhook_receipts_total\{route="dnc",outcome="forged"\} [1-9]/)
      assert.deepEqual(tellings(), [])
    })
  }

  test('C21: is subscribed to once, under a fixed name, over restarts, and the token shows nowhere', async () => {
    await gateway.stop()
    gateway = await stage.gateway(env)
    await subscribed()
    await change()
    await heard()
    const made = stage.sandbox
      .ledger()
      .webhooks.filter(({ eventType }) => eventType === 'OUTBOUND_DNCLIST_ENTRY_CREATED')
    assert.deepEqual(
      made.map(({ name, target }) => [name, target]),
      [['outbound-gateway dnc entries', `${env['PUBLIC_URL']}/webhooks/genesys/dnc-entries`]],
    )
    assert.ok(!gateway.output.join('\n').includes('subscription_dnc.'))
  })
})
