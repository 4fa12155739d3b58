import assert from 'node:assert/strict'
import { test } from 'node:test'

import { brokenSums } from '../../src/domain/uploads/upload.ts'
import { eachHome } from '../support/databases/database.ts'
import { cleanFile, contactOf, differences } from '../support/stages/contact-file.ts'
import { setStage } from '../support/stages/stage.ts'

const LIST = 'demo-contacts'

eachHome('The whole loop', (home) => {
  for (const dialect of ['guide', 'platform'] as const) {
    test(`a file goes from the CRM into Genesys (${dialect}) and the CRM hears of it once`, async () => {
      const stage = await setStage(await home.fresh(), dialect)
      try {
        const { client } = await stage.gateway()
        const file = cleanFile({ rows: 3000 })
        const answer = await client.upload(LIST, file.csv)
        assert.equal(answer.status, 202, answer.text)
        assert.equal(answer.headers.get('location'), `/v1/uploads/${answer.body.id}`)
        const upload = await client.finished(answer.body.id)
        assert.equal(upload.state, 'completed')
        assert.deepEqual(brokenSums(upload.counts, true), [])
        assert.equal(upload.counts.delivered, 3000)
        assert.deepEqual(differences(stage.sandbox.contents(LIST), file.expected), [])

        const message = await stage.crm.message(({ data }) => data.uploadId === upload.id)
        assert.equal(message.type, 'upload.completed')
        assert.deepEqual(message.data.counts, upload.counts)
        assert.equal(message.data.sha256, upload.source.sha256)
        assert.equal(new Set(stage.crm.about(upload.id).map(({ id }) => id)).size, 1)
        assert.equal(stage.crm.forged, 0)

        const ledger = stage.sandbox.ledger({ listId: LIST })
        assert.equal(ledger.lists[0]?.overlappingRequests, 0)
        assert.equal(ledger.lists[0]?.contactsWithoutId, 0)
        assert.equal(ledger.throttled, 0)
      } finally {
        await stage.close()
      }
    })
  }

  test('the answer to a key is replayed after a restart, and the key refuses another file', async () => {
    const stage = await setStage(await home.fresh(), 'guide')
    try {
      const file = cleanFile({ rows: 50 })
      const first = await stage.gateway()
      const answer = await first.client.upload(LIST, file.csv, { key: 'nightly' })
      await first.client.finished(answer.body.id)
      await first.stop()
      const second = await stage.gateway()
      const quoted = await second.client.upload(LIST, file.csv, { key: '"nightly"' })
      assert.equal(quoted.status, 202)
      assert.equal(quoted.headers.get('idempotency-replayed'), 'true')
      assert.deepEqual(quoted.body, answer.body)
      const other = await second.client.upload(LIST, cleanFile({ rows: 51 }).csv, {
        key: 'nightly',
      })
      assert.equal(other.status, 422)
      const { body } = await second.client.call<{ items: unknown[] }>('/v1/uploads')
      assert.equal(body.items.length, 1)
    } finally {
      await stage.close()
    }
  })

  test('what Genesys holds already is not sent again, what changed is', async () => {
    const stage = await setStage(await home.fresh(), 'guide')
    try {
      const { client } = await stage.gateway()
      const old = cleanFile({ rows: 300 })
      await client.finished((await client.upload(LIST, old.csv)).body.id)
      const changed = cleanFile({ rows: 100, version: 2 })
      const unchanged = cleanFile({ rows: 200, from: 100 })
      const both = changed.csv + unchanged.csv.slice(unchanged.csv.indexOf('\n') + 1)
      const upload = await client.finished((await client.upload(LIST, both)).body.id)
      assert.equal(upload.counts.unchanged, 200)
      assert.equal(upload.counts.delivered, 100)
      const expected = new Map([...old.expected, ...changed.expected])
      assert.deepEqual(differences(stage.sandbox.contents(LIST), expected), [])
      assert.equal(stage.sandbox.ledger({ listId: LIST }).lists[0]?.identicalWrites, 0)
    } finally {
      await stage.close()
    }
  })
})

eachHome('Every form of body', (home) => {
  test('multipart, CSV, lines of JSON and a JSON array say the same', async () => {
    const stage = await setStage(await home.fresh(), 'guide')
    try {
      const { client } = await stage.gateway()
      const contacts = Array.from({ length: 20 }, (_, n) => contactOf('F', n))
      const form = new FormData()
      form.append('options', JSON.stringify({ delimiter: ',' }))
      form.append('file', new Blob([cleanFile({ rows: 20, prefix: 'F' }).csv]), 'f.csv')
      const sent = [
        await client.call<{ id: string }>(`/v1/contact-lists/demo-list-1/uploads`, {
          method: 'POST',
          headers: { 'idempotency-key': 'form' },
          body: form,
        }),
        await client.upload('demo-list-2', cleanFile({ rows: 20, prefix: 'F' }).csv),
        await client.upload('demo-list-3', contacts.map((c) => JSON.stringify(c)).join('\n'), {
          contentType: 'application/x-ndjson',
        }),
        await client.upload('demo-list-4', JSON.stringify(contacts), {
          contentType: 'application/json',
        }),
        await client.upload('demo-list-5', JSON.stringify({ contacts }), {
          contentType: 'application/json',
        }),
      ]
      const expected = cleanFile({ rows: 20, prefix: 'F' }).expected
      for (const [index, answer] of sent.entries()) {
        assert.equal(answer.status, 202, answer.text)
        await client.finished(answer.body.id)
        const list = `demo-list-${index + 1}`
        assert.deepEqual(differences(stage.sandbox.contents(list), expected), [], list)
      }
    } finally {
      await stage.close()
    }
  })
})
