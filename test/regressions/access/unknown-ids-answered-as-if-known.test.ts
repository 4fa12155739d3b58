import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'

import { embeddedHome } from '../../support/databases/database.ts'
import { type RunningGateway, setStage, type Stage } from '../../support/stages/stage.ts'

/**
 * With a grant for every list, the settings of a list that does not exist were shown and could be
 * stored, so a mistyped id looked like a success. Keys of a tenant that does not exist were an
 * empty page, while its uploads were 404.
 */
describe('An id that does not exist', () => {
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

  const settings = (listId: string, change?: object) =>
    gateway.client.call<{ code?: string }>(`/v1/contact-lists/${listId}/settings`, {
      ...(change && { method: 'PATCH', body: JSON.stringify(change) }),
      headers: { 'content-type': 'application/json' },
    })
  const CHANGE = { queue: { priority: true } }

  it('is 404 where the settings of a list are read or changed', async () => {
    for (const answer of [await settings('no-list'), await settings('no-list', CHANGE)]) {
      assert.deepEqual([answer.status, answer.body.code], [404, 'not-found'], answer.text)
    }
  })

  it('leaves the settings of a list that exists alone', async () => {
    assert.equal((await settings('demo-contacts', CHANGE)).status, 200)
    assert.equal((await settings('demo-contacts')).status, 200)
  })

  it('is 404 where the keys or uploads of a tenant are listed', async () => {
    for (const path of ['/v1/keys', '/v1/uploads']) {
      const { status, body } = await gateway.client.call<{ code?: string }>(
        `${path}?tenantId=tnt_0198c0de11d27b6f8e3a5c90d4f7a2b6`,
      )
      assert.deepEqual([path, status, body.code], [path, 404, 'not-found'])
      assert.equal((await gateway.client.call(`${path}?tenantId=default`)).status, 200)
    }
  })
})
