import assert from 'node:assert/strict'
import { test } from 'node:test'

import { createRetryBudget } from '../../../src/genesys/calls/retry-budget.ts'
import { contextOf, createVirtualClock, json, startClient, text } from '../harness.ts'
import { startBusyClients } from '../pace/busy-clients.ts'

const lists = json(200, { entities: [] })

test('failures in a row open the circuit once, and the first answer closes it', async (t) => {
  const { upstream, lists: port, told } = await startClient(t, 'platform')
  upstream.replies = [...Array.from({ length: 12 }, () => text(503, '')), json(404, {}), lists]
  await assert.rejects(port.listContactLists(contextOf()), { kind: 'not_found' })
  const changes = told.filter(({ name }) => name === 'genesys.circuit.changed')
  assert.deepEqual(
    changes.map(({ fields }) => fields),
    [
      { open: true, failures: 8 },
      { open: false, failures: 12 },
    ],
  )
})

test('in an outage all callers of all instances together send a few probes a second, and go on after it', async () => {
  const [beginsMs, endsMs] = [20_000, 140_000]
  const stage = startBusyClients({
    dialect: 'platform',
    configured: 600,
    real: 600,
    instances: 2,
    says: () => ({ allowed: null, remaining: null }),
    away: (nowMs) => nowMs >= beginsMs && nowMs < endsMs,
  })
  await stage.clock.advance(300_000)
  const { lost } = stage.report()
  stage.end()
  const settledMs = beginsMs + 5_000
  const probes = stage.arrivals.filter((atMs) => atMs >= settledMs && atMs < endsMs)
  const perSecond = probes.length / ((endsMs - settledMs) / 1000)
  assert.ok(probes.length > 10 && perSecond <= 2, `${perSecond} a second`)
  const after = stage.arrivals.filter((atMs) => atMs >= endsMs + 60_000)
  assert.ok(after.length > 0.95 * (100 / 60) * 600, String(after.length))
  assert.equal(lost, 0)
})

test('retries are a fifth of the calls at most, beyond one a second', async () => {
  const clock = createVirtualClock()
  const budget = createRetryBudget({ clock })
  let retries = 0
  const calls = 3_000
  for (let n = 0; n < calls; n += 1) {
    budget.called()
    if (budget.waitMs() === 0) {
      budget.take()
      retries += 1
    }
    await clock.advance(20)
  }
  const seconds = (calls * 20) / 1000
  assert.ok(retries <= calls * 0.2 + seconds + 20, String(retries))
  assert.ok(retries >= calls * 0.2 + seconds - 1, String(retries))
})

test('a retry beyond the budget waits for its turn behind those taken before it', () => {
  const clock = createVirtualClock()
  const budget = createRetryBudget({ clock })
  const waits = Array.from({ length: 23 }, () => {
    const waitMs = budget.waitMs()
    budget.take()
    return waitMs
  })
  assert.deepEqual(
    waits.slice(0, 20),
    Array.from({ length: 20 }, () => 0),
  )
  assert.deepEqual(waits.slice(20), [1_000, 2_000, 3_000])
})
