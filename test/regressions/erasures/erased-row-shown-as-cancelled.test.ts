import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, describe, it } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'

import { embeddedHome } from '../../support/databases/database.ts'
import type { RowView } from '../../support/gateway/gateway-client.ts'
import { type RunningGateway, setStage, type Stage } from '../../support/stages/stage.ts'

/**
 * The ledger showed the code of the upload's end for each row that was not sent, also for the rows
 * of a person who had been erased while the upload waited. Nobody could see why a retry left these
 * rows out.
 */
describe('A row that was erased before its upload was cancelled', () => {
  const home = embeddedHome()
  let stage: Stage
  let gateway: RunningGateway
  before(async () => {
    stage = await setStage(await home.fresh(), 'guide')
    gateway = await stage.gateway()
  })
  after(async () => {
    await stage.close()
    await home.close()
  })

  const post = <T>(path: string, body: object, key?: string) =>
    gateway.client.call<T>(path, {
      method: 'POST',
      headers: {
        ...(key !== undefined && { authorization: `Bearer ${key}` }),
        ...{ 'content-type': 'application/json', 'idempotency-key': randomUUID() },
      },
      body: JSON.stringify(body),
    })

  it('is unprocessed with the code `erased`', async () => {
    const csv = 'customerId,phoneNumber\na,+14155552671\nb,+14155552672\n'
    const query = 'apply=manual&missingColumns=empty&contactIdColumn=customerId'
    const { body: upload } = await gateway.client.upload('demo-contacts', csv, { query })
    const { body: issued } = await post<{ key: string }>('/v1/keys', {
      ...{ tenantId: 'default', name: 'privacy', scopes: ['erasure'] },
    })
    const subject = { contactId: 'a', contactListId: 'demo-contacts' }
    const asked = await post<{ id: string }>('/v1/erasures', subject, issued.key)
    assert.equal(asked.status, 202, asked.text)
    for (let state = ''; !state.startsWith('completed'); await delay(20)) {
      const { body } = await gateway.client.call<{ state: string }>(
        `/v1/erasures/${asked.body.id}`,
        { headers: { authorization: `Bearer ${issued.key}` } },
      )
      state = body.state
    }
    assert.equal((await post(`/v1/uploads/${upload.id}/cancel`, {})).status, 200)
    const { body } = await gateway.client.call<{ items: RowView[] }>(
      `/v1/uploads/${upload.id}/rows`,
    )
    assert.deepEqual(
      body.items.map(({ line, outcome, code }) => [line, outcome, code]),
      [
        [2, 'unprocessed', 'erased'],
        [3, 'unprocessed', 'cancelled'],
      ],
    )
  })
})
