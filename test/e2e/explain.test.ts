import assert from 'node:assert/strict'
import { test } from 'node:test'

import type { ContactExplained } from '../../src/workflows/uploads/watch/explain-contact.ts'
import { eachHome } from '../support/databases/database.ts'
import { FILE_COLUMNS } from '../support/stages/contact-file.ts'
import { setStage } from '../support/stages/stage.ts'

const LIST = 'demo-contacts'
const header = FILE_COLUMNS.join(',')
const row = (id: string, city: string): string =>
  `${id},Ann,Lee,+12125550123,ann@example.com,${city}`

eachHome('A contact explained', (home) => {
  test('shows its rows newest first, what Genesys acknowledged, and leaves its id in no log line', async () => {
    const stage = await setStage(await home.fresh(), 'platform')
    try {
      const gateway = await stage.gateway()
      const { client } = gateway
      const id = 'CANARY-4711'
      const send = async (lines: string[]): Promise<string> => {
        const { body } = await client.upload(LIST, `${[header, ...lines].join('\n')}\n`)
        await client.finished(body.id)
        return body.id
      }
      const first = await send([row('other', 'Rome'), row(id, 'Rome')])
      const twice = await send([row(id, 'Bonn'), row('other', 'Bonn'), row(id, 'Paris')])
      const same = await send([row(id, 'Paris')])
      const path = `/v1/contact-lists/${LIST}/contacts/${id}/explain`
      const { status, body, text } = await client.call<ContactExplained>(path)
      assert.equal(status, 200, text)
      assert.deepEqual(
        body.items.map((item) => [
          item.uploadId,
          item.line,
          item.outcome,
          item.code,
          item.supersededBy,
        ]),
        [
          [same, 2, 'unchanged', 'identical', null],
          [twice, 4, 'delivered', null, null],
          [twice, 2, 'duplicate', 'replaced-in-file', null],
          [first, 3, 'delivered', null, twice],
        ],
      )
      assert.match(body.items[0]?.reason ?? '', /exactly this content/)
      assert.deepEqual(body.items[0]?.columns.length, FILE_COLUMNS.length)
      assert.deepEqual(
        [body.register?.uploadId, body.register?.line, body.register?.inDoubt],
        [twice, 4, false],
      )
      assert.equal(body.next, null)
      const unknown = await client.call<{ code: string }>(path.replace(id, 'CANARY-4712'))
      assert.deepEqual([unknown.status, unknown.body.code], [404, 'contact-unknown'])
      const odd = await client.call<{ code: string }>(path.replace(id, '%00CANARY-1'))
      assert.equal(odd.status, 400)
      await gateway.stop()
      const log = gateway.output.join('\n')
      assert.ok(log.includes('/v1/contact-lists/:contactListId/contacts/:contactId/explain'))
      assert.equal(log.indexOf('CANARY'), -1)
      for (const { text: problem } of [unknown, odd]) assert.equal(problem.indexOf('CANARY'), -1)
    } finally {
      await stage.close()
    }
  })
})
