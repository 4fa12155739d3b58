import assert from 'node:assert/strict'
import { test } from 'node:test'

import { eachHome, embeddedHome } from '../support/databases/database.ts'
import { metricOf } from '../support/gateway/gateway-process.ts'
import { cleanFile, differences } from '../support/stages/contact-file.ts'
import { setStage } from '../support/stages/stage.ts'

const LIST = 'demo-contacts'
type Verified = { ok: boolean; faults: unknown[]; strayEntries: number }
/**
 * So many bytes that the sockets cannot hold them all. When all are sent, the gateway has staged
 * some chunks.
 */
const LARGE_ROWS = 150_000
const SLICE = 256 * 1024

/**
 * A body that stops after `bytes` and then never ends. `out` resolves when all of these bytes were
 * read.
 */
const endlessBody = (csv: string, bytes: number) => {
  const { promise: out, resolve } = Promise.withResolvers<void>()
  async function* body(): AsyncGenerator<Uint8Array> {
    const all = Buffer.from(csv)
    for (let at = 0; at < bytes; at += SLICE) yield all.subarray(at, Math.min(bytes, at + SLICE))
    resolve()
    await new Promise(() => {})
  }
  return { out, body: body() }
}

test('kill -9 in the middle of receiving leaves nothing, and the same key works again', async () => {
  const home = embeddedHome()
  const stage = await setStage(await home.fresh(), 'guide')
  try {
    const first = await stage.gateway()
    const file = cleanFile({ rows: LARGE_ROWS })
    const half = endlessBody(file.csv, Math.floor(file.csv.length * 0.8))
    const broken = first.client.upload(LIST, half.body, { key: 'half' })
    const outcome = broken.then(
      () => 'answered',
      () => 'broken off',
    )
    await half.out
    const second = await first.client.upload(LIST, 'customerId\n1\n', { key: 'half' })
    assert.equal(second.status, 409, 'the upload was not being received')
    await first.kill()
    assert.equal(await outcome, 'broken off')

    const restarted = await stage.gateway()
    const { body } = await restarted.client.call<{ items: unknown[] }>('/v1/uploads')
    assert.deepEqual(body.items, [])
    assert.equal(stage.sandbox.contents(LIST).size, 0)
    const { text } = await restarted.client.call('/metrics')
    assert.ok(!(metricOf(text, 'gateway_uploads{state="receiving"}') > 0), 'something remained')

    const small = cleanFile({ rows: 500 })
    const again = await restarted.client.upload(LIST, small.csv, { key: 'half' })
    assert.equal(again.status, 202, again.text)
    assert.equal(again.headers.get('idempotency-replayed'), null)
    await restarted.client.finished(again.body.id)
    assert.deepEqual(differences(stage.sandbox.contents(LIST), small.expected), [])
  } finally {
    await stage.close()
    await home.close()
  }
})

eachHome('kill -9 in the middle of delivering', (home) => {
  for (const dialect of ['guide', 'platform'] as const) {
    test(`loses nothing, doubles nothing, and newest content wins (${dialect})`, async () => {
      const stage = await setStage(await home.fresh(), dialect)
      const env = { GENESYS_BATCH_ROWS: '100' }
      try {
        stage.sandbox.setFaults([
          { kind: 'slow', operation: dialect === 'guide' ? 'bulk' : 'contacts', delayMs: 40 },
        ])
        const first = await stage.gateway(env)
        const old = cleanFile({ rows: 3000 })
        const newer = cleanFile({ rows: 1000, from: 500, version: 2 })
        const uploads = [
          await first.client.upload(LIST, old.csv, { key: 'old' }),
          await first.client.upload(LIST, newer.csv, { key: 'newer' }),
        ]
        let settled = 0
        await first.event('batch.settled', () => (settled += 1) >= 8)
        await first.kill()
        const chained = Number(first.events('audit.chained').at(-1)?.['block'] ?? 0)
        const interrupted = stage.sandbox.contents(LIST).size
        assert.ok(interrupted > 0 && interrupted < 3000, `${interrupted} delivered at the crash`)

        const second = await stage.gateway(env)
        for (const answer of uploads) {
          const upload = await second.client.finished(answer.body.id)
          assert.equal(upload.state, 'completed')
          assert.equal(upload.counts.delivered + upload.counts.unchanged, upload.counts.accepted)
          await stage.crm.message(({ data }) => data.uploadId === upload.id)
          assert.equal(new Set(stage.crm.about(upload.id).map(({ id }) => id)).size, 1)
        }
        const expected = new Map([...old.expected, ...newer.expected])
        assert.deepEqual(differences(stage.sandbox.contents(LIST), expected), [])
        const ledger = stage.sandbox.ledger({ listId: LIST })
        assert.equal(ledger.lists[0]?.overlappingRequests, 0)
        assert.equal(ledger.lists[0]?.duplicateIdsInRequest, 0)
        assert.equal(ledger.requestIds.conflicting, 0)

        const replay = await second.client.upload(LIST, old.csv, { key: 'old' })
        assert.equal(replay.body.id, uploads[0]?.body.id)
        const { body } = await second.client.call<{ items: unknown[] }>('/v1/uploads')
        assert.equal(body.items.length, 2)

        // The process that chained the audit trail died. The next one continues the chain from what
        // the database has.
        await second.event('audit.chained', (line) => Number(line['block']) > chained)
        const verified = await second.client.call<Verified>('/v1/audit-entries/verification')
        assert.deepEqual(
          [verified.body.ok, verified.body.faults, verified.body.strayEntries],
          [true, [], 0],
        )
      } finally {
        await stage.close()
      }
    })
  }

  test('by SIGTERM instead: the gateway ends within 10 s with code 0 and the next one goes on', async () => {
    const stage = await setStage(await home.fresh(), 'guide')
    const env = { GENESYS_BATCH_ROWS: '100' }
    try {
      stage.sandbox.setFaults([{ kind: 'slow', operation: 'bulk', delayMs: 40 }])
      const first = await stage.gateway(env)
      const file = cleanFile({ rows: 3000 })
      const { body } = await first.client.upload(LIST, file.csv)
      await first.event('batch.settled')
      const { code, tookMs } = await first.stop()
      assert.equal(code, 0, first.output.slice(-5).join('\n'))
      assert.ok(tookMs <= 10_000, `stopping took ${tookMs} ms`)
      assert.equal(first.events('process.stopped')[0]?.['clean'], true)
      const delivered = stage.sandbox.contents(LIST).size
      assert.ok(delivered > 0 && delivered < 3000, `${delivered} delivered at the stop`)

      const second = await stage.gateway(env)
      const upload = await second.client.finished(body.id)
      assert.equal(upload.counts.delivered, 3000)
      assert.deepEqual(differences(stage.sandbox.contents(LIST), file.expected), [])
      const ledger = stage.sandbox.ledger({ listId: LIST })
      assert.equal(ledger.lists[0]?.identicalWrites, 0, 'a graceful stop leaves nothing in doubt')
    } finally {
      await stage.close()
    }
  })
})
