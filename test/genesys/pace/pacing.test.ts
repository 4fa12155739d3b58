import assert from 'node:assert/strict'
import { test } from 'node:test'

import { createPacer } from '../../../src/genesys/pace/pacing.ts'
import type { CallClass } from '../../../src/workflows/ports/genesys/genesys.ts'
import { createMemoryPace, createTeller, createVirtualClock } from '../harness.ts'

const setUp = (requestsPerMinute: number) => {
  const clock = createVirtualClock()
  const store = createMemoryPace(clock)
  const { emit } = createTeller()
  const pacer = createPacer({ store, bucket: 'b', requestsPerMinute, clock, emit })
  const admitted: { name: string; atMs: number }[] = []
  const ask = (name: string, callClass: CallClass, tenantId: string, patienceMs = 1e9) => {
    const { signal } = new AbortController()
    const asked = pacer.acquire({ tenantId, class: callClass, signal, patienceMs }).then((how) => {
      if (how === 'admitted') admitted.push({ name, atMs: clock.monotonicMs() })
      return how
    })
    // If a call still waits at the end of a test, `close` refuses it.
    asked.catch(() => undefined)
    return asked
  }
  return { clock, store, pacer, admitted, ask }
}

test('the pace stays under the limit in any minute and uses 95 % of it', async () => {
  const { clock, pacer, admitted, ask } = setUp(300)
  for (let i = 0; i < 700; i += 1) void ask(`d${i}`, 'delivery', 't')
  await clock.advance(120_000)
  for (const { atMs } of admitted) {
    const inMinute = admitted.filter((other) => other.atMs >= atMs && other.atMs < atMs + 60_000)
    assert.ok(inMinute.length <= 300)
  }
  assert.ok(admitted.length >= 600 * 0.95, String(admitted.length))
  pacer.close()
})

test('a more urgent call goes next, whoever waited before', async () => {
  const { clock, admitted, ask, pacer } = setUp(300)
  for (const callClass of ['poll', 'delivery', 'read', 'dnc'] as const) {
    for (let i = 0; i < 3; i += 1) void ask(callClass, callClass, 't')
  }
  await clock.advance(10_000)
  assert.deepEqual(
    admitted.map(({ name }) => name),
    ['dnc', 'read', 'delivery', 'poll'].flatMap((name) => [name, name, name]),
  )
  pacer.close()
})

test('an urgent call never stands behind more than a second of reserved slots', async () => {
  const { clock, admitted, ask, pacer } = setUp(300)
  for (let i = 0; i < 500; i += 1) void ask('delivery', 'delivery', 'big')
  await clock.advance(20_000)
  void ask('urgent', 'dnc', 'small')
  const askedMs = clock.monotonicMs()
  await clock.advance(2_000)
  const urgent = admitted.find(({ name }) => name === 'urgent')
  assert.ok(urgent && urgent.atMs - askedMs <= 1000, JSON.stringify(urgent))
  pacer.close()
})

test('tenants take turns within a class', async () => {
  const { clock, admitted, ask, pacer } = setUp(300)
  for (let i = 0; i < 50; i += 1) void ask('big', 'delivery', 'big')
  for (let i = 0; i < 3; i += 1) void ask('small', 'delivery', 'small')
  await clock.advance(2_000)
  const first = admitted.slice(0, 7).filter(({ name }) => name === 'small')
  assert.equal(first.length, 3)
  pacer.close()
})

test('a blocked bucket admits nobody until the block ends', async () => {
  const { clock, admitted, ask, pacer } = setUp(300)
  await pacer.throttle(30_000)
  void ask('d', 'delivery', 't')
  await clock.advance(29_000)
  assert.equal(admitted.length, 0)
  await clock.advance(2_000)
  assert.equal(admitted.length, 1)
  pacer.close()
})

test('patience ends a wait, and the slot goes to somebody else', async () => {
  const { clock, admitted, ask, pacer } = setUp(300)
  await pacer.throttle(60_000)
  const impatient = ask('impatient', 'delivery', 't', 1000)
  void ask('patient', 'delivery', 't')
  await clock.advance(61_000)
  assert.equal(await impatient, 'out_of_time')
  assert.deepEqual(
    admitted.map(({ name }) => name),
    ['patient'],
  )
  assert.deepEqual(pacer.stats().waiting, { dnc: 0, read: 0, delivery: 0, poll: 0 })
  pacer.close()
})

test('headers can slow the pace down and never speed it up', () => {
  const { pacer } = setUp(300)
  pacer.learn({ allowed: 3000, remaining: null })
  assert.equal(pacer.stats().requestsPerMinute, 300)
  pacer.learn({ allowed: 180, remaining: 5 })
  assert.equal(pacer.stats().requestsPerMinute, 180)
  pacer.learn({ allowed: 0, remaining: 5 })
  assert.equal(pacer.stats().requestsPerMinute, 180)
  pacer.close()
})

test('an error of the store reaches everybody who waits, and the next caller tries again', async () => {
  const { clock, ask, store, pacer } = setUp(300)
  const reserve = store.reserve
  store.reserve = async () => {
    throw new Error('database gone')
  }
  const asked = [ask('a', 'read', 't'), ask('b', 'poll', 't')]
  for (const one of await Promise.allSettled(asked)) assert.equal(one.status, 'rejected')
  store.reserve = reserve
  const again = ask('c', 'read', 't')
  await clock.advance(1000)
  assert.equal(await again, 'admitted')
  pacer.close()
})
