import assert from 'node:assert/strict'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'

import { PGlite } from '@electric-sql/pglite'

import { embeddedHome } from '../../support/databases/database.ts'
import { dncSuite, type Submission } from '../../support/do-not-call/dnc-suite.ts'
import { callPlatform } from '../../support/stages/platform-call.ts'
import { setStage } from '../../support/stages/stage.ts'

const [ANN, BOB, CAT, DAN] = [
  '+14155550101',
  '+14155550102',
  '+14155550103',
  '+14155550104',
] as const
const of = (...numbers: string[]) => numbers.map((phoneNumber) => ({ phoneNumber }))

describe('Pulling a DNC list of the platform', () => {
  const suite = dncSuite('platform', { taskDurationMs: 20 })
  const { post } = suite
  const applied = (id: string) => suite.reach(id, 'applied', 'applied_with_errors')
  const done = async (path: string, body: object[] | null): Promise<Submission> =>
    applied((await suite.submit(path, body)).id)
  const pull = () => done('pull', null)
  const suppressed = async (...phoneNumbers: string[]): Promise<boolean[]> =>
    (await suite.search(...phoneNumbers)).map((item) => item.suppressed)
  const cellsOf = async ({ id }: Submission) => {
    const { text } = await suite.gateway.client.call(`/v1/dnc-submissions/${id}/entries`)
    const { items } = JSON.parse(text) as { items: { cells: Record<string, string> }[] }
    return items.map(({ cells }) => cells)
  }
  const there = () => Object.keys(suite.stage.sandbox.dncList(suite.list).entries.phone).toSorted()

  test('whoever an agent added suppresses with source genesys, and is not sent back', async () => {
    await done('entries', of(ANN))
    suite.stage.sandbox.changeAsAgent(suite.list, { add: [BOB, CAT] })
    suite.stage.sandbox.changeAsAgent(suite.list, { kind: 'email', add: ['Ann@Example.com'] })
    const writes = suite.stage.sandbox.dncList(suite.list).writes
    const pulled = await pull()
    assert.deepEqual(
      [pulled.kind, pulled.state, pulled.counts.created, pulled.counts.duplicates, pulled.notes],
      ['pull', 'applied', 3, 1, []],
    )
    assert.deepEqual(await suppressed(ANN, BOB, CAT, DAN), [true, true, true, false])
    assert.equal(suite.stage.sandbox.dncList(suite.list).writes, writes)
    const { text } = await suite.gateway.client.call(`/v1/dnc-submissions/${pulled.id}/entries`)
    assert.match(text, /"source":"genesys"/)
    assert.deepEqual(await cellsOf(pulled), [
      { phoneNumber: BOB },
      { phoneNumber: CAT },
      { email: 'Ann@Example.com' },
    ])
    assert.equal((await pull()).counts.created, 0)
  })

  test('ours that are missing there keep suppressing, are sent again and counted', async () => {
    await done('entries', [{ source: 'crm', phoneNumber: ANN }, ...of(BOB)])
    suite.stage.sandbox.changeAsAgent(suite.list, { remove: [ANN] })
    const pulled = await pull()
    assert.deepEqual(await cellsOf(pulled), [{ phoneNumber: ANN }])
    assert.deepEqual([pulled.counts.existing, pulled.counts.pending], [1, 0])
    assert.match(pulled.notes[0] ?? '', /^1 entries were missing/)
    assert.deepEqual(there(), [ANN, BOB])
    assert.deepEqual(await suppressed(ANN, BOB), [true, true])
    assert.deepEqual((await pull()).notes, [])
  })

  test('whoever was removed here is passed over until an export without him was seen', async () => {
    await done('entries', of(ANN, BOB))
    await done('removals', of(ANN))
    // To the gateway, this looks like an export that is older than the removal.
    suite.stage.sandbox.changeAsAgent(suite.list, { add: [ANN] })
    await pull()
    assert.deepEqual(await suppressed(ANN), [false])
    suite.stage.sandbox.changeAsAgent(suite.list, { remove: [ANN] })
    await pull()
    assert.deepEqual(await suppressed(ANN), [false])
    suite.stage.sandbox.changeAsAgent(suite.list, { add: [ANN] })
    await pull()
    assert.deepEqual(await suppressed(ANN), [true])
  })

  test('an export that is made late is waited for, and the one before it is not taken', async () => {
    suite.stage.sandbox.changeAsAgent(suite.list, { add: [ANN] })
    await pull()
    suite.stage.sandbox.changeAsAgent(suite.list, { add: [BOB] })
    // The export that the gateway requests is made only when this test requests it once more.
    suite.stage.sandbox.setFaults([{ kind: 'dnc-export-lag', count: 1 }])
    const path = `/api/v2/outbound/dnclists/${suite.list}/export`
    const calls = () => suite.stage.sandbox.requests().filter((call) => call.path === path)
    const before = calls().length
    const { body } = await post('pull', null)
    const second = await post('pull', null)
    assert.equal(second.status, 409, second.text)
    // A look, the request, and a look that finds only the export before it.
    while (calls().length < before + 3) await delay(20)
    await callPlatform(suite.stage, path, 'POST')
    assert.equal((await applied(body.id)).counts.created, 1)
    assert.deepEqual(await suppressed(ANN, BOB), [true, true])
  })

  test('a list that Genesys refuses to show is held, and goes on once somebody resumed it', async () => {
    suite.stage.sandbox.changeAsAgent(suite.list, { add: [BOB] })
    suite.stage.sandbox.setFaults([
      { kind: 'status', status: 403, operation: 'dnc-export', retryAfter: 'none', count: 1 },
    ])
    const { id } = await suite.submit('pull', null)
    const held = await suite.reach(id, 'held')
    assert.deepEqual(held.hold?.reason, 'dnc_list_refused')
    const again = await suite.gateway.client.call(`/v1/dnc-submissions/${id}/resume`, {
      method: 'POST',
    })
    assert.equal(again.status, 200, again.text)
    assert.equal((await applied(id)).counts.created, 1)
    assert.deepEqual(await suppressed(BOB), [true])
  })

  test('a list that is not there in Genesys is held', async () => {
    suite.useList('dnc-nowhere')
    const { id } = await suite.submit('pull', null)
    assert.equal((await suite.reach(id, 'held')).hold?.reason, 'dnc_list_refused')
  })

  test('the same key asks once, and what is no number is counted and suppresses nobody', async () => {
    suite.stage.sandbox.changeAsAgent(suite.list, { add: ['5550101', ANN] })
    const key = crypto.randomUUID()
    const first = await post('pull', null, key)
    const again = await post('pull', null, key)
    assert.equal(again.body.id, first.body.id)
    const pulled = await applied(first.body.id)
    assert.deepEqual(
      [pulled.state, pulled.counts.created, pulled.counts.rejected],
      ['applied_with_errors', 1, 1],
    )
  })
})

test('a pull whose download breaks off is held, adds nobody twice, and begins anew after a kill -9', async () => {
  const home = embeddedHome()
  const at = await home.fresh()
  assert.ok(at.kind === 'embedded')
  const stage = await setStage(at, 'platform', { taskDurationMs: 20 })
  try {
    stage.sandbox.makeDncList({ id: 'dnc-cut', name: 'dnc-cut' })
    const numbers = Array.from({ length: 900 }, (_, n) => `+1415555${String(1_000 + n)}`)
    stage.sandbox.changeAsAgent('dnc-cut', { add: numbers })
    const { writes } = stage.sandbox.dncList('dnc-cut')
    stage.sandbox.setFaults([{ kind: 'truncated-body', operation: 'export' }])
    const first = await stage.gateway()
    const asked = await first.client.call<Submission>('/v1/dnc-lists/dnc-cut/pull', {
      method: 'POST',
      headers: { 'idempotency-key': 'pull-1' },
    })
    const reach = async ({ client }: typeof first, state: Submission['state']) => {
      for (;;) {
        const { body } = await client.call<Submission>(`/v1/dnc-submissions/${asked.body.id}`)
        if (body.state === state) return body
        await new Promise((resolve) => setTimeout(resolve, 50))
      }
    }
    assert.equal((await reach(first, 'held')).hold?.reason, 'genesys_unavailable')
    await first.kill()
    stage.sandbox.setFaults([])
    const data = await PGlite.create(join(at.dataDir, 'pgdata'))
    await data.query('update dnc_pull set due_at = now()')
    await data.close()
    const { counts } = await reach(await stage.gateway(), 'applied')
    assert.deepEqual([counts.created, counts.read, counts.pending], [900, 900, 0])
    assert.equal(stage.sandbox.dncList('dnc-cut').writes, writes)
  } finally {
    await stage.close()
    await home.close()
  }
})

test('the guide dialect has no pull, and says so', async () => {
  const home = embeddedHome()
  const stage = await setStage(await home.fresh(), 'guide')
  try {
    const gateway = await stage.gateway()
    const { status, body } = await gateway.client.call<{ code: string }>(
      '/v1/dnc-lists/demo-dnc/pull',
      { method: 'POST', headers: { 'idempotency-key': 'pull-1' } },
    )
    assert.deepEqual([status, body.code], [409, 'dnc-pull-not-possible'])
  } finally {
    await stage.close()
    await home.close()
  }
})
