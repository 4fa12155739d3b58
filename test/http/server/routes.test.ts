import assert from 'node:assert/strict'
import { test } from 'node:test'

import { EVENT_LEVELS } from '../../../src/telemetry/events.ts'
import { bearer } from '../../support/gateway/fake-keys.ts'
import { startFakeServer } from '../../support/gateway/http-fakes.ts'

test('each request gives one event, with its route pattern and without its query', async (t) => {
  const { app, events } = await startFakeServer()
  t.after(() => app.close())
  const headers = { ...bearer('admin'), 'x-request-id': 'mine-1' }
  const answer = await app.inject({ url: '/v1/uploads/upl_1?phone=4155550100', headers })
  assert.equal(answer.headers['x-request-id'], 'mine-1')
  assert.equal(answer.json().instance, 'mine-1')
  const told = events.filter((event) => event.name === 'http.answered')
  assert.equal(told.length, 1)
  assert.equal(told[0]!.fields['route'], '/v1/uploads/:uploadId')
  assert.equal(told[0]!.fields['problem'], 'parameter-invalid')
  assert.doesNotMatch(JSON.stringify(events), /4155550100/)
  const odd = await app.inject({ url: '/livez', headers: { 'x-request-id': 'a b' } })
  assert.match(String(odd.headers['x-request-id']), /^req_/)
})

test('probes and scrapes are told apart, for the log would hold little else', async (t) => {
  const { app, events } = await startFakeServer()
  t.after(() => app.close())
  const urls = ['/livez', '/readyz', '/metrics', '/problems']
  for (const url of urls) await app.inject({ url, headers: bearer('admin') })
  const told = events.filter(({ name }) => name.startsWith('http.'))
  assert.deepEqual(
    told.map(({ name, fields }) => [fields['route'], EVENT_LEVELS[name as 'http.answered']]),
    [
      ['/livez', 'debug'],
      ['/readyz', 'debug'],
      ['/metrics', 'debug'],
      ['/problems', 'info'],
    ],
  )
})

test('readiness names what is missing and answers carry the sandbox notice', async (t) => {
  const { app } = await startFakeServer({
    readiness: async () => ({
      ready: false,
      checks: { database: { ok: false, detail: 'down' } },
      sandbox: true,
    }),
  })
  t.after(() => app.close())
  const answer = await app.inject({ url: '/readyz' })
  assert.equal(answer.statusCode, 503)
  assert.deepEqual(answer.json().missing, ['database'])
  assert.equal(answer.headers['x-genesys-simulated'], 'true')
  assert.equal(answer.headers['cache-control'], 'no-store')
  assert.match((await app.inject({ url: '/problems' })).body, /Genesys is simulated/)
  assert.match((await app.inject({ url: '/docs' })).body, /<title>[^<]*Genesys is simulated/)
  assert.match((await app.inject({ url: '/docs/json' })).json().info.summary, /is simulated/)
})
