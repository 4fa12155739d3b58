import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { after, test } from 'node:test'

import { embeddedHome } from '../../support/databases/database.ts'
import { ADMIN_KEY, metricOf, startGateway } from '../../support/gateway/gateway-process.ts'

const embedded = embeddedHome()
after(() => embedded.close())

/** Far more than an answer needs on a busy machine, and far less than the minute that it took. */
const WITHIN_MS = 20_000

type Ready = { ready: boolean; checks: { scanner: { detail: string } } }

/**
 * If clamd accepted the connection and then said nothing, `/readyz` and `/metrics` waited a minute
 * for it. Load balancers had long given up, so all instances counted as not ready.
 */
test('readiness and metrics are answered while clamd accepts connections and says nothing', async (t) => {
  let connections = 0
  const silent = createServer((socket) => {
    connections += 1
    socket.on('error', () => undefined).resume()
  }).listen(0, '127.0.0.1')
  t.after(() => silent.close())
  await once(silent, 'listening')
  const home = await embedded.fresh()
  assert.ok(home.kind === 'embedded')
  const gateway = await startGateway({
    DATA_DIR: home.dataDir,
    CLAMD_HOST: '127.0.0.1',
    CLAMD_PORT: String((silent.address() as AddressInfo).port),
  })
  t.after(() => gateway.kill())
  const get = (path: string) =>
    fetch(`${gateway.address}${path}`, {
      headers: { authorization: `Bearer ${ADMIN_KEY}` },
      signal: AbortSignal.timeout(WITHIN_MS),
    })

  const scrape = await (await get('/metrics')).text()
  assert.equal(metricOf(scrape, 'gateway_ready'), 1)
  assert.equal(connections, 0, 'a scrape does not ask the scanner')

  const readyz = await get('/readyz')
  const { ready, checks } = (await readyz.json()) as Ready
  assert.deepEqual([readyz.status, ready], [200, true])
  assert.equal(checks.scanner.detail, 'clamd does not answer: guest files wait')
  assert.equal(connections, 1)
})
