import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import { test } from 'node:test'

import { embeddedHome } from '../../support/databases/database.ts'
import { cleanFile } from '../../support/stages/contact-file.ts'
import { setStage } from '../../support/stages/stage.ts'

const LIST = 'demo-contacts'

/**
 * The error scenarios of draft-ietf-httpapi-idempotency-key-header, each quoted where it is tested.
 */
test('the rules of the Idempotency-Key draft hold for uploads', async (t) => {
  const home = embeddedHome()
  const stage = await setStage(await home.fresh(), 'guide')
  try {
    const { client, address } = await stage.gateway()
    const file = cleanFile({ rows: 5 }).csv
    const first = await client.upload(LIST, file, { key: 'one' })
    assert.equal(first.status, 202, first.text)

    await t.test('"missing … SHOULD reply with an HTTP 400 status code"', async () => {
      const answer = await client.call<{ code: string; type: string }>(
        `/v1/contact-lists/${LIST}/uploads`,
        { method: 'POST', headers: { 'content-type': 'text/csv' }, body: file },
      )
      assert.equal(answer.status, 400)
      const link = await fetch(new URL(new URL(answer.body.type, address).pathname, address))
      assert.equal(
        link.status,
        200,
        '"with body containing a link pointing to relevant documentation"',
      )
    })
    await t.test('a request that ended is answered again, not done again', async () => {
      const again = await client.upload(LIST, file, { key: 'one' })
      assert.equal(again.status, 202)
      assert.equal(again.headers.get('idempotency-replayed'), 'true')
      assert.equal(again.body.id, first.body.id)
    })
    await t.test('"reuse an idempotency key with a different request payload … 422"', async () => {
      const other = await client.upload(LIST, cleanFile({ rows: 6 }).csv, { key: 'one' })
      assert.equal(other.status, 422, other.text)
    })
    await t.test('a request whose first is still being processed: 409', async () => {
      const rest = Promise.withResolvers<void>()
      const begun = Promise.withResolvers<void>()
      const slow = async function* () {
        yield file.slice(0, 40)
        begun.resolve()
        await rest.promise
        yield file.slice(40)
      }
      const under = client.upload(LIST, Readable.from(slow()), { key: 'two' })
      await begun.promise
      // Its length is unknown too, so that it takes as many steps to its claim as the first call.
      let second = await client.upload(LIST, Readable.from([file]), { key: 'two' })
      assert.equal(second.status, 409, second.text)
      rest.resolve()
      assert.equal((await under).status, 202)
      second = await client.upload(LIST, file, { key: 'two' })
      assert.equal(second.headers.get('idempotency-replayed'), 'true')
    })
  } finally {
    await stage.close()
    await home.close()
  }
})
