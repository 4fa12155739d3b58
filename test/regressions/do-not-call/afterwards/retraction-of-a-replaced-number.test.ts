import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'

import { embeddedHome } from '../../../support/databases/database.ts'
import { addTenant } from '../../../support/gateway/add-tenant.ts'
import type { GatewayClient } from '../../../support/gateway/gateway-client.ts'
import { callPlatform } from '../../../support/stages/platform-call.ts'
import { type RunningGateway, setStage, type Stage } from '../../../support/stages/stage.ts'

const LIST = 'demo-contacts'

type Report = { looked: boolean; counts: Record<'open' | 'retracted', number> }
type Contact = {
  callable: boolean
  data: Record<string, string>
  phoneNumberStatus: Record<string, unknown>
}

/**
 * An entry named a number that a later upload had replaced in the contact. The gateway no longer
 * found the number in Genesys, and made the whole contact not callable, for good.
 */
describe('A contact whose number a later upload has replaced', () => {
  const home = embeddedHome()
  let stage: Stage
  let gateway: RunningGateway
  before(async () => {
    stage = await setStage(await home.fresh(), 'platform')
    gateway = await stage.gateway()
  })
  after(async () => {
    await stage.close()
    await home.close()
  })

  const deliver = async (client: GatewayClient, id: string, phone: string): Promise<void> => {
    const row = `${id},A,B,${phone},,x`
    const csv = `customerId,firstName,lastName,phoneNumber,email,city\n${row}\n`
    const answer = await client.upload(LIST, csv)
    assert.equal(answer.status, 202, answer.text)
    assert.equal((await client.finished(answer.body.id)).counts.delivered, 1)
  }
  const nameIt = async (phoneNumber: string): Promise<string> => {
    const { body, text } = await gateway.client.call<{ id: string }>(
      '/v1/dnc-lists/demo-dnc/entries',
      {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'idempotency-key': crypto.randomUUID() },
        body: JSON.stringify([{ phoneNumber }]),
      },
    )
    assert.ok(body.id, text)
    return body.id
  }
  const reach = async (id: string, state: 'open' | 'retracted'): Promise<void> => {
    for (;;) {
      const path = `/v1/dnc-submissions/${id}/delivered-before`
      const { body } = await gateway.client.call<Report>(path)
      if (body.looked && body.counts[state] === 1) return
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }
  const assertCallable = async (id: string, phone: string): Promise<void> => {
    const path = `/api/v2/outbound/contactlists/${LIST}/contacts/${id}`
    const contact = (await (await callPlatform(stage, path)).json()) as Contact
    assert.deepEqual(
      [contact.data['phoneNumber'], contact.callable, contact.phoneNumberStatus],
      [phone, true, {}],
    )
  }

  it('stays callable if the number was replaced before the entry, by another tenant', async () => {
    const other = await addTenant(gateway, 'other', [LIST])
    await deliver(gateway.client, 'before', '+12125550101')
    await deliver(other, 'before', '+12125550102')
    await reach(await nameIt('+12125550101'), 'retracted')
    await assertCallable('before', '+12125550102')
  })

  it('stays callable if the number is replaced while the retraction waits for Genesys', async () => {
    await deliver(gateway.client, 'while', '+12125550103')
    stage.sandbox.setFaults([{ kind: 'status', operation: 'contact', status: 503 }])
    const id = await nameIt('+12125550103')
    await reach(id, 'open')
    await deliver(gateway.client, 'while', '+12125550104')
    stage.sandbox.setFaults([])
    await reach(id, 'retracted')
    await assertCallable('while', '+12125550104')
  })
})
