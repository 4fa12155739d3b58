import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, describe, it } from 'node:test'

import { embeddedHome } from '../../support/databases/database.ts'
import { type RunningGateway, setStage, type Stage } from '../../support/stages/stage.ts'

/**
 * What programs write for "never" and "not set": .NET's DateTimeOffset.MaxValue and MinValue in a
 * local zone. In UTC they are in the years 10000 and 0, which PostgreSQL does not read as text.
 */
const NEVER = '9999-12-31T23:59:59-05:00'
const UNSET = '0001-01-01T00:00:00+01:00'
const GOOD = { phoneNumber: '+14155550101' }

describe('A time whose offset leads out of the years 1 to 9999', () => {
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
  const post = <T>(path: string, body: unknown) =>
    gateway.client.call<T>(path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': randomUUID() },
      body: JSON.stringify(body),
    })

  it('rejects its entry, and keeps no other entry from suppressing', async () => {
    const { status, text, body } = await post<{ counts: object; rejections: object }>(
      '/v1/dnc-lists/demo-dnc/entries',
      [
        GOOD,
        { phoneNumber: '+14155550102', receivedAt: UNSET },
        { phoneNumber: '+14155550103', expiresAt: NEVER },
      ],
    )
    assert.equal(status, 202, text)
    assert.deepEqual(body.rejections, { 'date-invalid': 2 })
    const path = '/v1/dnc-lists/demo-dnc/entries/search'
    const found = await post<{ items: { suppressed: boolean }[] }>(path, {
      phoneNumbers: [GOOD.phoneNumber],
    })
    assert.deepEqual(
      found.body.items.map(({ suppressed }) => suppressed),
      [true],
    )
  })

  it('is refused as an option', async () => {
    const path = '/v1/dnc-lists/demo-dnc/entries'
    for (const option of [`receivedAt=${UNSET}`, `expiresAt=${NEVER}`]) {
      const query = option.replace('+', '%2B')
      const { status, body, text } = await post<{ code: string }>(`${path}?${query}`, [GOOD])
      assert.deepEqual([status, body.code], [400, 'option-invalid'], text)
    }
  })

  it('finds what it spans', async () => {
    const times = `createdFrom=${UNSET.replace('+', '%2B')}&createdTo=${NEVER}`
    const listed = await gateway.client.call(`/v1/uploads?${times}`)
    assert.equal(listed.status, 200, listed.text)
    const subject = { ...GOOD, from: UNSET, to: NEVER }
    const { status, text } = await post('/v1/evidence', subject)
    assert.equal(status, 200, text)
  })

  it('ends a key in the year 9999, also after the key is rotated', async () => {
    const LAST = '9999-12-31T23:59:59.999Z'
    const plan = { tenantId: 'default', name: 'never-ends', scopes: ['dnc'], expiresAt: NEVER }
    const made = await post<{ id: string; expiresAt: string }>('/v1/keys', plan)
    assert.deepEqual([made.status, made.body.expiresAt], [201, LAST], made.text)
    const rotated = await post<{ id: string; expiresAt: string }>(
      `/v1/keys/${made.body.id}/rotate`,
      {},
    )
    assert.deepEqual([rotated.status, rotated.body.expiresAt], [201, LAST], rotated.text)
    const past = await post<{ code: string }>('/v1/keys', { ...plan, expiresAt: UNSET })
    assert.deepEqual([past.status, past.body.code], [422, 'key-expiry-past'], past.text)
  })
})
