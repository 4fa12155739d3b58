import assert from 'node:assert/strict'
import { after, test } from 'node:test'

import { embeddedHome } from '../support/databases/database.ts'
import { isFinished, type RowView } from '../support/gateway/gateway-client.ts'
import { cleanFile, differences } from '../support/stages/contact-file.ts'
import { setStage, type Dialect, type Stage } from '../support/stages/stage.ts'

const LIST = 'demo-contacts'
const home = embeddedHome()
after(() => home.close())

const withStage = async (dialect: Dialect, run: (stage: Stage) => Promise<void>): Promise<void> => {
  const stage = await setStage(await home.fresh(), dialect)
  try {
    await run(stage)
  } finally {
    await stage.close()
  }
}

test('a list that Genesys cannot show and nobody knows: 503 with Retry-After, nothing staged', () =>
  withStage('guide', async (stage) => {
    stage.sandbox.setFaults([{ kind: 'status', status: 503 }])
    const { client } = await stage.gateway()
    const file = cleanFile({ rows: 10 })
    const answer = await client.upload(LIST, file.csv, { key: 'early' })
    assert.equal(answer.status, 503, answer.text)
    assert.ok(Number(answer.headers.get('retry-after')) >= 1)
    const { body } = await client.call<{ items: unknown[] }>('/v1/uploads')
    assert.deepEqual(body.items, [])
    stage.sandbox.setFaults([])
    // The calls that failed may still delay the first new ones. The answer then says when to try
    // again.
    const again = await client.uploadPatiently(LIST, file.csv, { key: 'early' })
    assert.equal(again.status, 202, again.text)
    await client.finished(again.body.id)
  }))

test('Genesys is down throughout, over a restart too: nothing is lost, and it completes by itself when Genesys is back', () =>
  withStage('guide', async (stage) => {
    const first = await stage.gateway()
    await first.client.finished(
      (await first.client.upload(LIST, cleanFile({ rows: 5 }).csv)).body.id,
    )
    stage.sandbox.setFaults([{ kind: 'status', status: 503 }])
    const file = cleanFile({ rows: 400, from: 5 })
    const { body, status } = await first.client.upload(LIST, file.csv)
    assert.equal(status, 202)
    await first.event(
      'genesys.attempted',
      (line) => line['status'] === 503 && line['attempt'] === 2,
    )
    const behind = await first.client.upload(LIST, cleanFile({ rows: 3, from: 405 }).csv)
    const waiting = await first.client.until(
      body.id,
      ({ waitingFor }) => waitingFor?.reason === 'genesys_unavailable',
    )
    assert.ok(!isFinished(waiting), `an outage ended the upload: ${waiting.state}`)
    const { state, waitingFor } = await first.client.find(behind.body.id)
    assert.deepEqual([state, waitingFor?.reason], ['staged', 'genesys_unavailable'])
    await first.stop()
    const second = await stage.gateway()
    await second.event('genesys.attempted', (line) => line['status'] === 503)
    assert.equal(stage.sandbox.contents(LIST).size, 5)
    stage.sandbox.setFaults([])
    const upload = await second.client.finished(body.id)
    assert.equal(upload.state, 'completed')
    assert.equal(upload.counts.delivered, 400)
    assert.equal(upload.waitingFor, null)
    await second.client.finished(behind.body.id)
    assert.equal(stage.sandbox.contents(LIST).size, 408)
  }))

test('Genesys asks to slow down: no attempt comes before Retry-After, everything arrives', () =>
  withStage('guide', async (stage) => {
    const { client, event, events } = await stage.gateway({ GENESYS_BATCH_ROWS: '100' })
    stage.sandbox.setFaults([
      { kind: 'status', status: 429, operation: 'bulk', retryAfter: 'seconds', count: 1 },
      { kind: 'status', status: 429, operation: 'bulk', retryAfter: 'date', after: 2, count: 1 },
    ])
    const file = cleanFile({ rows: 500 })
    const upload = await client.finished((await client.upload(LIST, file.csv)).body.id)
    assert.equal(upload.counts.delivered, 500)
    await event('genesys.attempted', (line) => line['status'] === 429)
    const throttled = events('genesys.attempted').filter((line) => line['status'] === 429)
    assert.equal(throttled.length, 2)
    // A date has whole seconds. So a date one second from now may lie only a moment ahead.
    assert.ok(Number(throttled[0]?.['retryInMs']) >= 1000)
    assert.deepEqual(differences(stage.sandbox.contents(LIST), file.expected), [])
  }))

for (const dialect of ['guide', 'platform'] as const) {
  test(`answers that get lost: what was sent is sent again by id, with the same content (${dialect})`, () =>
    withStage(dialect, async (stage) => {
      const operation = dialect === 'guide' ? 'bulk' : 'contacts'
      const { client } = await stage.gateway({ GENESYS_BATCH_ROWS: '100' })
      stage.sandbox.setFaults([
        { kind: 'executed-then-reset', operation, count: 1 },
        { kind: 'truncated-body', operation, after: 2, count: 1 },
        { kind: 'reset', operation, after: 4, count: 1 },
        { kind: 'revoke-tokens' },
      ])
      const file = cleanFile({ rows: 800 })
      const upload = await client.finished((await client.upload(LIST, file.csv)).body.id)
      assert.equal(upload.state, 'completed')
      assert.deepEqual(differences(stage.sandbox.contents(LIST), file.expected), [])
      const ledger = stage.sandbox.ledger({ listId: LIST })
      assert.equal(ledger.requestIds.conflicting, 0)
      assert.ok(ledger.requestIds.repeated >= 1)
      assert.equal(ledger.lists[0]?.overlappingRequests, 0)
      assert.ok(ledger.faultsFired.total >= 4)
    }))
}

test('Genesys refuses a row: that row fails and is named, the others are delivered', () =>
  withStage('guide', async (stage) => {
    const { client } = await stage.gateway()
    const file = cleanFile({ rows: 300 })
    const bad = [...file.expected.keys()][41] as string
    stage.sandbox.setFaults([{ kind: 'reject-rows', contactIds: [bad], field: 'phoneNumber' }])
    const upload = await client.finished((await client.upload(LIST, file.csv)).body.id)
    assert.equal(upload.state, 'completed_with_errors')
    assert.equal(upload.counts.failed, 1)
    assert.equal(upload.counts.delivered, 299)
    const path = `/v1/uploads/${upload.id}/rows?outcome=failed`
    const { body } = await client.call<{ items: RowView[] }>(path)
    assert.deepEqual(
      body.items.map(({ line, outcome, contactId }) => ({ line, outcome, contactId })),
      [{ line: 43, outcome: 'failed', contactId: bad }],
    )
  }))

for (const dialect of ['guide', 'platform'] as const) {
  test(`Genesys refuses a batch without naming a row: halving finds the row (${dialect})`, () =>
    withStage(dialect, async (stage) => {
      const { client } = await stage.gateway()
      const file = cleanFile({ rows: 300 })
      const bad = [...file.expected.keys()][137] as string
      stage.sandbox.setFaults([{ kind: 'refuse-batch-containing', contactIds: [bad] }])
      const upload = await client.finished((await client.upload(LIST, file.csv)).body.id)
      assert.equal(upload.state, 'completed_with_errors')
      assert.equal(upload.counts.failed, 1)
      assert.equal(upload.counts.delivered, 299)
      file.expected.delete(bad)
      assert.deepEqual(differences(stage.sandbox.contents(LIST), file.expected), [])
    }))
}

test('Genesys refuses everything: the upload is held for a person, the CRM is notified, resume delivers it', () =>
  withStage('guide', async (stage) => {
    const { client } = await stage.gateway()
    const file = cleanFile({ rows: 300 })
    const code = 'invalid.contact.id'
    stage.sandbox.setFaults([{ kind: 'status', operation: 'bulk', status: 400, code }])
    const { body } = await client.upload(LIST, file.csv)
    const held = await client.until(
      body.id,
      (upload) => upload.state === 'held' || isFinished(upload),
    )
    assert.equal(held.hold?.reason, 'refusals', JSON.stringify(held))
    const told = await stage.crm.message(({ data }) => data.uploadId === body.id)
    assert.equal(told.type, 'upload.held')
    assert.deepEqual(told.data.hold, held.hold)
    assert.deepEqual(
      [told.data.problem?.code, held.problem?.code],
      Array(2).fill('genesys-refused'),
    )
    assert.match(told.data.problem?.detail ?? '', /invalid\.contact\.id/)
    assert.ok(stage.sandbox.ledger().requests.byOperation['bulk']! <= 60)

    stage.sandbox.setFaults([])
    const answer = await client.call(`/v1/uploads/${body.id}/resume`, { method: 'POST' })
    assert.equal(answer.status, 200, answer.text)
    const upload = await client.finished(body.id)
    assert.deepEqual(upload.counts.delivered + upload.counts.failed, 300)
    const told2 = await stage.crm.message(({ type }) => type === 'upload.completed')
    assert.deepEqual(told2.data.counts, upload.counts)
  }))

test('a job that refuses the rows for a column holds the upload, and resume sends them again', () =>
  withStage('guide', async (stage) => {
    const { client } = await stage.gateway()
    const file = cleanFile({ rows: 50 })
    const message = 'Field note is not defined in the schema'
    stage.sandbox.setFaults([{ kind: 'reject-rows', everyNth: 1, field: 'note', message }])
    const { body } = await client.upload(LIST, file.csv)
    const held = await client.until(
      body.id,
      (upload) => upload.state === 'held' || isFinished(upload),
    )
    assert.deepEqual([held.hold?.reason, held.problem?.code], ['refusals', 'schema-drift'])
    assert.equal(held.counts.failed, 0)
    stage.sandbox.setFaults([])
    await client.call(`/v1/uploads/${body.id}/resume`, { method: 'POST' })
    const upload = await client.finished(body.id)
    assert.deepEqual([upload.state, upload.counts.delivered], ['completed', 50])
    assert.deepEqual(differences(stage.sandbox.contents(LIST), file.expected), [])
  }))

test('a list that is being indexed: the upload waits and goes on by itself; one in error waits for a person', () =>
  withStage('guide', async (stage) => {
    const { client } = await stage.gateway()
    stage.sandbox.setFaults([
      { kind: 'list-status', listId: LIST, listStatus: 'PROCESSING', forMs: 1500 },
    ])
    const file = cleanFile({ rows: 20 })
    const waiting = await client.upload(LIST, file.csv)
    const broken = await client.upload('demo-error', file.csv)
    const held = await client.until(broken.body.id, (upload) => upload.state === 'held')
    assert.equal(held.hold?.reason, 'list_error')
    const upload = await client.finished(waiting.body.id)
    assert.equal(upload.state, 'completed')
  }))

test('a CRM that is down hears of it when it is back, under the same id', () =>
  withStage('guide', async (stage) => {
    const gateway = await stage.gateway()
    stage.crm.refuseNext(1, 503)
    const { body } = await gateway.client.upload(LIST, cleanFile({ rows: 10 }).csv)
    const retried = await gateway.event('sync.attempted', (line) => line['outcome'] === 'retry')
    const message = await stage.crm.message(({ data }) => data.uploadId === body.id)
    assert.equal(message.id, retried['deliveryId'])
  }))
