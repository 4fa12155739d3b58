import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, describe, it } from 'node:test'

import { serverHome } from '../../support/databases/database.ts'
import type { UploadView } from '../../support/gateway/gateway-client.ts'
import { type RunningGateway, setStage, type Stage } from '../../support/stages/stage.ts'

const LIST = 'logins'

/**
 * The stored columns of an upload gave the column with the contact id the kind `contactId` alone.
 * So everything that looked people up by stored rows passed over an address that is the contact id.
 */
describe('A person whose address is the contact id', { skip: serverHome().skip }, () => {
  const home = serverHome()
  let stage: Stage
  let gateway: RunningGateway
  before(async () => {
    stage = await setStage(await home.fresh(), 'guide')
    stage.sandbox.makeList({
      ...{ id: LIST, name: LIST, status: 'READY' },
      columns: [
        { name: 'login', kind: 'email', required: false },
        { name: 'phone', kind: 'phone', required: false },
      ],
    })
    gateway = await stage.gateway()
  })
  after(async () => {
    await stage.close()
    await home.close()
  })

  const post = <T>(path: string, body: unknown, headers: Record<string, string> = {}) =>
    gateway.client.call<T>(path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': randomUUID(), ...headers },
      body: JSON.stringify(body),
    })

  const apply = async (uploadId: string): Promise<number> => {
    const path = `/v1/uploads/${uploadId}`
    const { body } = await gateway.client.call<{ planDigest: string }>(path)
    return (await post(`${path}/apply`, {}, { 'if-match': `"${body.planDigest}"` })).status
  }

  it('is suppressed also if the rows are retried', async () => {
    const csv = 'login,phone\nann@example.com,+14155552671\nbo@example.com,+14155552672\n'
    const query = 'contactIdColumn=login&apply=manual'
    const { body: planned } = await gateway.client.upload(LIST, csv, { query })
    const entries = await post('/v1/dnc-lists/dnc-1/entries', [{ email: 'Ann@Example.com' }])
    assert.equal(entries.status, 202, entries.text)
    // The opt-out has changed the plan, which the first call learns.
    assert.deepEqual([await apply(planned.id), await apply(planned.id)], [412, 200])
    const first = await gateway.client.finished(planned.id)
    assert.deepEqual([first.counts.delivered, first.counts.unprocessed], [1, 1])
    const retried = await post<UploadView>(`/v1/uploads/${planned.id}/retry`, {
      outcomes: ['unprocessed'],
    })
    assert.equal(retried.status, 202, retried.text)
    const { counts } = await gateway.client.finished(retried.body.id)
    assert.deepEqual([counts.suppressed, counts.delivered], [1, 0])
    assert.deepEqual([...stage.sandbox.contents(LIST).keys()], ['bo@example.com'])
  })
})
