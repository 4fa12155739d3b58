import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type AddressInfo, type LookupFunction, type Server } from 'node:net'
import { test, type TestContext } from 'node:test'

import { request, type Agent } from 'undici'

import { createEndpointUrlCheck } from '../../src/sync/endpoint-url.ts'
import { AddressRefused, guardedAgent, guardedLookup } from '../../src/sync/guarded-agent.ts'
import { isPublicAddress } from '../../src/sync/public-address.ts'
import { createWebhookTransport } from '../../src/sync/webhook-transport.ts'

/**
 * Hosts that stand for this machine, its network or its cloud's metadata, in every notation that a
 * URL has for them.
 */
const INNER_HOSTS = [
  ...['127.0.0.1', '127.1', '127.0.1', '127.0.0.1.', '127.255.255.254', '0.0.0.0', '0', '00'],
  ...['2130706433', '017700000001', '0x7f000001', '0x7f.1', '0x7f.0x0.0x0.0x1', '0177.0.0.1'],
  ...['①②⑦.0.0.1', '127。0。0。1', '１２７.０.０.１', '%31%32%37.0.0.1', '127.0.0.1%2e'],
  ...['10.0.0.1', '10.255.255.255', '172.16.0.1', '172.31.255.255', '192.168.0.1', '100.64.0.1'],
  ...['169.254.169.254', '2852039166', '0xa9fea9fe', '169.254.0.1', '168.63.129.16', '192.0.0.192'],
  ...['192.0.2.1', '198.18.0.1', '198.51.100.1', '203.0.113.1', '192.88.99.1', '240.0.0.1'],
  ...['224.0.0.1', '255.255.255.255'],
  ...[
    '[::1]',
    '[::]',
    '[0:0:0:0:0:0:0:1]',
    '[::ffff:127.0.0.1]',
    '[::ffff:7f00:1]',
    '[::127.0.0.1]',
  ],
  ...['[::ffff:169.254.169.254]', '[::ffff:168.63.129.16]', '[::ffff:0:127.0.0.1]'],
  ...['[64:ff9b::127.0.0.1]', '[64:ff9b:1::7f00:1]', '[2002:7f00:1::]', '[2001:0:7f00:1::]'],
  ...['[fe80::1]', '[fec0::1]', '[fc00::1]', '[fd00:ec2::254]', '[ff02::1]', '[2001:db8::1]'],
  ...['[100::1]', '[5f00::1]', '[3fff::1]', '[4000::1]'],
  ...['localhost', 'LOCALHOST', 'localhost.', 'a.localhost', 'metadata.google.internal'],
  ...['printer.local', 'router.home.arpa', 'intranet', 'intranet.', 'kubernetes.default.svc.test'],
]

const DECORATIONS = [
  'https://user@hooks.example/',
  'https://user:secret@hooks.example/',
  'https://hooks.example@127.0.0.1/',
  'https://127.0.0.1\\@hooks.example/',
  'https://hooks.example:444/',
  'https://hooks.example:80/',
  'http://hooks.example/',
  'https://hooks.example/#fragment',
  'ftp://hooks.example/',
  'file:///etc/passwd',
  'data:text/plain,x',
  'javascript:0',
  'gopher://hooks.example/',
  'unix:/var/run/docker.sock',
  '//hooks.example/',
  'hooks.example',
  'https://',
  'https:///',
  'https://[::1',
  '',
  `https://hooks.example/${'a'.repeat(2048)}`,
]

/**
 * Counts every connection that reaches this machine, over IPv4 and IPv6, at any loopback address.
 */
const startHoneypot = async (t: TestContext) => {
  let connections = 0
  const listen = async (host: string, port: number): Promise<Server> => {
    const server = createServer((socket) => {
      connections += 1
      socket.end('HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n')
    })
    server.listen({ host, port, ipv6Only: host === '::' })
    await once(server, 'listening')
    t.after(() => server.close())
    return server
  }
  const { port } = (await listen('0.0.0.0', 0)).address() as AddressInfo
  await listen('::', port)
  return { port, connections: () => connections }
}

const guarded = (t: TestContext, addresses: readonly string[]): Agent => {
  const agent = guardedAgent(async () =>
    addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
  )
  t.after(() => agent.close())
  return agent
}

const causeOf = async (work: Promise<unknown>): Promise<unknown> => {
  try {
    await work
    return null
  } catch (error) {
    return error
  }
}

test('every notation of an inner address or name is refused as an endpoint, and the gateway connects to none of them', async (t) => {
  const { port, connections } = await startHoneypot(t)
  const faultOf = createEndpointUrlCheck({ innerHosts: [] })
  const transport = createWebhookTransport({ innerHosts: [], timeoutMs: 2000 })
  t.after(() => transport.close())
  const urls = [
    ...INNER_HOSTS.flatMap((host) => [`https://${host}/hook`, `https://${host}:${port}/hook`]),
    ...DECORATIONS,
  ]
  assert.ok(INNER_HOSTS.length + DECORATIONS.length >= 60)
  for (const url of urls) {
    assert.notEqual(faultOf(url), null, url)
    const answer = await transport.post({ url, trusted: false, headers: {}, body: '{}' })
    assert.deepEqual(answer, { status: null, failure: 'address_refused' }, url)
  }
  assert.equal(connections(), 0)
})

test('the connection itself refuses every inner address, even if no rule had checked the URL', async (t) => {
  const { port, connections } = await startHoneypot(t)
  const agent = guarded(t, ['127.0.0.1'])
  for (const host of INNER_HOSTS) {
    const url = `http://${host}:${port}/`
    if (!URL.canParse(url)) continue
    const error = await causeOf(request(url, { dispatcher: agent }))
    assert.ok(error instanceof AddressRefused, `${url}: ${String(error)}`)
  }
  assert.equal(connections(), 0)
  // Without the guard, the same call reaches the honeypot. So the honeypot would have counted it.
  const open = await request(`http://127.0.0.1:${port}/`)
  await open.body.dump()
  assert.equal(connections(), 1)
})

test('a name is refused when one of its addresses is not public, whichever it is', async (t) => {
  const { port, connections } = await startHoneypot(t)
  for (const addresses of [
    ['127.0.0.1'],
    ['::1'],
    ['8.8.8.8', '127.0.0.1'],
    ['2606:4700::1111', '::ffff:10.0.0.1'],
    ['not-an-address'],
    [],
  ]) {
    const agent = guarded(t, addresses)
    const error = await causeOf(request(`http://hooks.example:${port}/`, { dispatcher: agent }))
    assert.ok(error instanceof AddressRefused, addresses.join())
  }
  assert.equal(connections(), 0)
})

test('a name that first resolves to a public address, and later to loopback, is refused at the later look-up', async (t) => {
  const { port, connections } = await startHoneypot(t)
  const answers = ['8.8.8.8', '127.0.0.1', '127.0.0.1']
  const resolve = async () => [{ address: answers.shift() ?? '127.0.0.1', family: 4 }]
  const ask = (lookup: LookupFunction, all: boolean): Promise<unknown> =>
    new Promise((done, fail) => {
      lookup('hooks.example', { all }, (error, address) => (error ? fail(error) : done(address)))
    })
  // The address that is checked is the one that the connection uses. There is no second look-up in
  // between.
  const lookup = guardedLookup(resolve)
  assert.deepEqual(await ask(lookup, true), [{ address: '8.8.8.8', family: 4 }])
  await assert.rejects(ask(lookup, false), AddressRefused)
  const agent = guardedAgent(resolve)
  t.after(() => agent.close())
  const error = await causeOf(request(`http://hooks.example:${port}/`, { dispatcher: agent }))
  assert.ok(error instanceof AddressRefused)
  assert.equal(connections(), 0)
})

test('public addresses and names are taken, in whatever case and with the port of https', () => {
  const faultOf = createEndpointUrlCheck({ innerHosts: [] })
  for (const url of [
    'https://hooks.example.com/a?b=c',
    'HTTPS://HOOKS.EXAMPLE.COM:443/',
    'https://8.8.8.8/hook',
    'https://[2606:4700::1111]/hook',
    'https://bücher.example/hook',
  ]) {
    assert.equal(faultOf(url), null, url)
  }
  for (const address of ['1.1.1.1', '100.63.255.255', '172.32.0.1', '2a00:1450::1']) {
    assert.ok(isPublicAddress(address), address)
  }
})

test('a host that is allowed to try things out may be inner, plain http and at any port; no other host gains by it', async (t) => {
  const { port, connections } = await startHoneypot(t)
  const innerHosts = ['Hooks.Inner', '127.0.0.1']
  const faultOf = createEndpointUrlCheck({ innerHosts })
  assert.equal(faultOf('http://hooks.inner:8080/x'), null)
  assert.notEqual(faultOf('http://user@hooks.inner:8080/x'), null)
  assert.notEqual(faultOf('http://a.hooks.inner:8080/x'), null)
  assert.notEqual(faultOf('http://127.0.0.2:8080/x'), null)
  const transport = createWebhookTransport({ innerHosts, timeoutMs: 2000 })
  t.after(() => transport.close())
  const url = `http://127.0.0.1:${port}/`
  const answer = await transport.post({ url, trusted: false, headers: {}, body: '{}' })
  assert.deepEqual(answer, { status: 200 })
  assert.equal(connections(), 1)
})
