import assert from 'node:assert/strict'
import { createHook } from 'node:async_hooks'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { test, type TestContext } from 'node:test'

import { createNameResolver } from '../../../src/sync/resolve-name.ts'
import { createWebhookTransport } from '../../../src/sync/webhook-transport.ts'

const A = 1
const AAAA = 28

/** The type that a DNS query of one question asks for. */
const typeOf = (query: Buffer): number => query.readUInt16BE(query.indexOf(0, 12) + 1)

/** The answer to a DNS query: all of `addresses`, which are of the type that was asked for. */
const answerTo = (query: Buffer, addresses: readonly Buffer[]): Buffer => {
  const question = query.subarray(12, query.indexOf(0, 12) + 5)
  const head = Buffer.from(query.subarray(0, 12))
  head.writeUInt16BE(0x8180, 2)
  for (const [at, count] of [1, addresses.length, 0, 0].entries()) {
    head.writeUInt16BE(count, 4 + at * 2)
  }
  const records = addresses.map((address) => {
    const record = Buffer.from('c00c000000010000003c0000', 'hex')
    record.writeUInt16BE(typeOf(query), 2)
    record.writeUInt16BE(address.length, 10)
    return Buffer.concat([record, address])
  })
  return Buffer.concat([head, question, ...records])
}

/** A DNS server. `addressesOf` returns null for a query that it never answers. */
const startDns = async (
  t: TestContext,
  addressesOf: (type: number) => readonly Buffer[] | null,
): Promise<string> => {
  const server = createSocket('udp4')
  t.after(() => server.close())
  server.on('message', (query, { port, address }) => {
    const found = addressesOf(typeOf(query))
    if (found !== null) server.send(answerTo(query, found), port, address)
  })
  server.bind(0, '127.0.0.1')
  await once(server, 'listening')
  return `127.0.0.1:${server.address().port}`
}

/** Counts the look-ups that use a thread of the process. */
const countThreads = (t: TestContext): (() => number) => {
  let count = 0
  const hook = createHook({
    init: (_id, type) => {
      if (type === 'GETADDRINFOREQWRAP') count += 1
    },
  }).enable()
  t.after(() => hook.disable())
  return () => count
}

/**
 * With 20 endpoints whose names got no answer, the look-up of Genesys' name waited for 100 s. The
 * process has two threads for look-ups, and such a name holds one of them for ten seconds.
 */
test('the name of a registered endpoint is not resolved by the threads that resolve all other names', async (t) => {
  const threads = countThreads(t)
  const transport = createWebhookTransport({ innerHosts: [], timeoutMs: 100 })
  t.after(() => transport.close())
  const message = { url: 'https://hooks.example.com/', trusted: false, headers: {}, body: '{}' }
  await transport.post(message)
  assert.equal(threads(), 0)
})

test('a name that gets no answer is given up, and its endpoint counts as one without an answer', async (t) => {
  const server = await startDns(t, () => null)
  const resolve = createNameResolver({ servers: [server], firstTryMs: 20 })
  const transport = createWebhookTransport({ innerHosts: [], timeoutMs: 60_000, resolve })
  t.after(() => transport.close())
  const message = { url: 'https://hooks.example.com/', trusted: false, headers: {}, body: '{}' }
  assert.deepEqual(await transport.post(message), { status: null, failure: 'no_answer' })
})

test('a name resolves to its addresses of both families, or to those that it has', async (t) => {
  const v4 = [Buffer.from([8, 8, 8, 8]), Buffer.from([10, 0, 0, 1])]
  const v6 = [Buffer.from('26064700000000000000000000001111', 'hex')]
  const both = await startDns(t, (type) => (type === A ? v4 : v6))
  const resolved = await createNameResolver({ servers: [both] })('hooks.example.com')
  assert.deepEqual(resolved, [
    { address: '8.8.8.8', family: 4 },
    { address: '10.0.0.1', family: 4 },
    { address: '2606:4700::1111', family: 6 },
  ])
  const onlyV6 = await startDns(t, (type) => (type === AAAA ? v6 : []))
  const found = await createNameResolver({ servers: [onlyV6] })('hooks.example.com')
  assert.deepEqual(found, [{ address: '2606:4700::1111', family: 6 }])
  const neither = await startDns(t, () => [])
  await assert.rejects(createNameResolver({ servers: [neither] })('hooks.example.com'), {
    code: 'ENODATA',
  })
})

test('a name with an address that is not public is refused', async (t) => {
  const server = await startDns(t, (type) => (type === A ? [Buffer.from([10, 0, 0, 1])] : []))
  const resolve = createNameResolver({ servers: [server] })
  const transport = createWebhookTransport({ innerHosts: [], timeoutMs: 60_000, resolve })
  t.after(() => transport.close())
  const message = { url: 'https://hooks.example.com/', trusted: false, headers: {}, body: '{}' }
  assert.deepEqual(await transport.post(message), { status: null, failure: 'address_refused' })
})
