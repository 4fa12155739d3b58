import assert from 'node:assert/strict'
import { test } from 'node:test'

import {
  batchOf,
  contextOf,
  json,
  reset,
  silent,
  startClient,
  text,
  truncated,
} from '../harness.ts'

const accepted = json(200, { jobId: 'job-1' })

test('what may pass by itself is tried again with the same body and request id', async (t) => {
  const { upstream, lists, told } = await startClient(t, 'guide')
  upstream.replies = [reset, text(503, ''), truncated, json(200, {}), accepted]
  const receipt = await lists.sendBatch(batchOf(), contextOf())
  assert.deepEqual(receipt, { kind: 'accepted', jobId: 'job-1' })
  assert.equal(upstream.seen.length, 5)
  assert.equal(new Set(upstream.seen.map(({ body }) => body)).size, 1)
  assert.equal(new Set(upstream.seen.map(({ headers }) => headers['x-request-id'])).size, 1)
  const attempts = told.filter(({ name }) => name === 'genesys.attempted')
  assert.deepEqual(
    attempts.map(({ fields }) => [fields.attempt, fields.failure]),
    [
      [1, 'unavailable'],
      [2, 'unavailable'],
      [3, 'unavailable'],
      [4, 'malformed_answer'],
      [5, null],
    ],
  )
})

test('a write that conflicts is for the caller to repeat, after a look at the state', async (t) => {
  const { upstream, lists } = await startClient(t, 'guide')
  upstream.replies = [json(409, {}), accepted]
  await assert.rejects(lists.sendBatch(batchOf(), contextOf()), { kind: 'conflict' })
  assert.equal(upstream.seen.length, 1)
})

test('the waits grow from a second to a minute and never pass the jitter ceiling', async (t) => {
  const { upstream, lists, clock } = await startClient(t, 'platform', { random: () => 1 })
  upstream.replies = [
    ...Array.from({ length: 9 }, () => text(503, '')),
    json(200, { entities: [] }),
  ]
  await lists.listContactLists(contextOf())
  const waits = clock.slept.filter((ms) => ms >= 500)
  assert.deepEqual(waits, [1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000, 60_000])
})

test('Retry-After is a floor that jitter only adds to, and stops the whole bucket', async (t) => {
  const { upstream, lists, clock, pace } = await startClient(t, 'guide', { random: () => 0.5 })
  upstream.replies = [text(429, '', { 'retry-after': '20' }), accepted]
  await lists.sendBatch(batchOf(), contextOf())
  assert.ok(clock.slept.includes(20_500), String(clock.slept))
  assert.deepEqual(pace.blocks, [20_000])
})

test("Retry-After as a date is honoured, by Genesys' clock and not by ours", async (t) => {
  const { upstream, lists, clock } = await startClient(t, 'guide')
  assert.ok(Math.abs(clock.now().getTime() - Date.now()) > 3_600_000)
  const date = new Date(Date.now() + 30_000).toUTCString()
  upstream.replies = [text(503, '', { 'retry-after': date }), accepted]
  await lists.sendBatch(batchOf(), contextOf())
  assert.ok(
    clock.slept.some((ms) => ms > 28_000 && ms <= 30_000),
    String(clock.slept),
  )
})

test('a 429 without Retry-After blocks for the window that Genesys names, else for the backoff', async (t) => {
  const { upstream, lists, pace } = await startClient(t, 'platform')
  const ok = json(200, { entities: [] })
  upstream.replies = [text(429, '', { 'inin-ratelimit-reset': '12' }), ok]
  await lists.listContactLists(contextOf())
  upstream.replies = [text(429, ''), ok]
  await lists.listContactLists(contextOf())
  assert.deepEqual(pace.blocks, [12_000, 1000])
})

test('a call gives up with its last failure rather than wait past its time', async (t) => {
  const { upstream, lists, clock } = await startClient(t, 'platform', { random: () => 1 }, 9_000)
  upstream.replies = [text(503, '')]
  await assert.rejects(lists.listContactLists(contextOf({ retryForMs: 5000 })), {
    name: 'GenesysFailure',
    kind: 'unavailable',
    status: 503,
  })
  assert.deepEqual(
    clock.slept.filter((ms) => ms >= 500),
    [1000, 2000],
  )
  assert.equal(upstream.seen.length, 3)
})

test('what a retry cannot mend is not tried again', async (t) => {
  const { upstream, lists } = await startClient(t, 'guide')
  upstream.replies = [json(403, {})]
  await assert.rejects(lists.sendBatch(batchOf(), contextOf()), { kind: 'forbidden' })
  assert.equal(upstream.seen.length, 1)
})

test('a try is sent only when what beforeSend began is done, and not at all when it comes to nothing', async (t) => {
  const { upstream, lists, pace } = await startClient(t, 'guide')
  upstream.replies = [text(503, ''), accepted]
  const moved = new Error('the upload was cancelled')
  const slots: number[] = []
  const beforeSend = async (): Promise<void> => {
    slots.push(pace.slots.length)
    for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve))
    assert.equal(upstream.seen.length, slots.length - 1)
    if (slots.length === 2) throw moved
  }
  await assert.rejects(lists.sendBatch(batchOf(), contextOf({ beforeSend })), moved)
  assert.equal(upstream.seen.length, 1)
  assert.deepEqual(slots, [1, 2])
})

for (const dialect of ['guide', 'platform'] as const) {
  test(`what goes may be known only when the slot is granted (${dialect})`, async (t) => {
    const { upstream, lists, told } = await startClient(t, dialect)
    upstream.replies = [text(503, '')]
    const first = batchOf()
    let going = first
    const enough = new Error('two tries')
    const beforeSend = (): void => {
      if (upstream.seen.length === 2) throw enough
      going = { ...first, requestId: `at-slot-${upstream.seen.length}` }
    }
    const sent = lists.sendBatch(() => going, contextOf({ beforeSend }))
    await assert.rejects(sent, enough)
    const seen = upstream.seen.map(({ headers }) => headers['x-request-id'])
    assert.deepEqual(seen, ['at-slot-0', 'at-slot-1'])
    const attempt = told.find(({ name }) => name === 'genesys.attempted')
    assert.equal(attempt?.fields['requestId'], 'at-slot-0')
  })
}

test('beforeSend runs before every attempt, after the wait, and what it throws ends the call', async (t) => {
  const { upstream, lists } = await startClient(t, 'guide')
  upstream.replies = [text(503, '')]
  const lost = new Error('lease lost')
  let calls = 0
  const beforeSend = (): void => {
    calls += 1
    assert.equal(upstream.seen.length, calls - 1)
    if (calls === 3) throw lost
  }
  await assert.rejects(lists.sendBatch(batchOf(), contextOf({ beforeSend })), lost)
  assert.equal(upstream.seen.length, 2)
})

test('afterRefusal runs only after a try of which Genesys took nothing', async (t) => {
  const { upstream, lists } = await startClient(t, 'guide')
  upstream.replies = [text(503, ''), json(408, {}), json(429, {}), json(401, {}), json(422, {})]
  const after: number[] = []
  const afterRefusal = (): void => void after.push(upstream.seen.length)
  await assert.rejects(lists.sendBatch(batchOf(), contextOf({ afterRefusal })))
  assert.deepEqual(after, [3, 4, 5])
})

test('an abort ends the request with its own reason and no retry', async (t) => {
  const { upstream, lists } = await startClient(t, 'guide')
  const stop = new AbortController()
  const reason = new Error('stopping')
  upstream.replies = [
    (response, seen) => {
      silent(response, seen)
      stop.abort(reason)
    },
  ]
  await assert.rejects(lists.sendBatch(batchOf(), contextOf({ signal: stop.signal })), reason)
  assert.equal(upstream.seen.length, 1)
})

test('a signal that was aborted before sends nothing', async (t) => {
  const { upstream, lists } = await startClient(t, 'guide')
  const reason = new Error('too late')
  const signal = AbortSignal.abort(reason)
  await assert.rejects(lists.sendBatch(batchOf(), contextOf({ signal })), reason)
  assert.equal(upstream.seen.length + upstream.tokensIssued, 0)
})

test('every attempt takes a slot of its own', async (t) => {
  const { upstream, lists, pace } = await startClient(t, 'guide')
  upstream.replies = [text(503, ''), json(401, {}), accepted]
  await lists.sendBatch(batchOf(), contextOf())
  assert.equal(upstream.seen.length, 3)
  assert.ok(pace.slots.length >= 3)
})
