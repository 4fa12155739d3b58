import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer, type ServerOptions } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'

import { GenesysFailure } from '../../../src/domain/genesys/genesys-failure.ts'
import { createTransport } from '../../../src/genesys/calls/transport.ts'
import { systemClock } from '../../../src/lib/clock.ts'
import { createWebhookTransport } from '../../../src/sync/webhook-transport.ts'

const directory = mkdtempSync(join(tmpdir(), 'certificates-'))
after(() => rmSync(directory, { recursive: true }))

const certificate = (name: string, host: string, days: string): ServerOptions => {
  const [key, cert] = [join(directory, `${name}.key`), join(directory, `${name}.pem`)]
  execFileSync(
    'openssl',
    [
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'],
      ...['-keyout', key, '-out', cert, '-subj', `/CN=${host}`, '-days', days],
      ...['-addext', `subjectAltName=DNS:${host}`],
    ],
    { stdio: 'ignore' },
  )
  return { key: readFileSync(key), cert: readFileSync(cert) }
}

/** Counts the requests that arrive. There must be none, because a request carries the token. */
const listen = async (options: ServerOptions) => {
  let requests = 0
  const server = createServer(options, (_request, response) => {
    requests += 1
    response.end('{}')
  })
  server.on('tlsClientError', () => undefined)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `https://localhost:${port}/`,
    requests: () => requests,
    close: () => new Promise((resolve) => server.close(resolve)),
  }
}

const SERVERS: Record<string, () => ServerOptions> = {
  'signed by itself': () => certificate('self', 'localhost', '30'),
  'of another host': () => certificate('other', 'api.example.com', '30'),
  'that speaks no newer than TLS 1.1': () => ({
    ...certificate('old', 'localhost', '30'),
    ...{ minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' },
  }),
}

for (const [what, options] of Object.entries(SERVERS)) {
  test(`a server ${what} gets neither a call for Genesys nor a webhook`, async () => {
    const server = await listen(options())
    const transport = createTransport({ clock: systemClock, timeoutMs: 5_000 })
    const call = transport.send({
      ...{ operation: 'contact-lists', method: 'GET', url: server.url, body: null, signal: null },
      ...{ headers: { authorization: 'Bearer token' }, maxAnswerBytes: 1_000 },
    })
    await assert.rejects(call, (error) => error instanceof GenesysFailure)
    const webhooks = createWebhookTransport({ innerHosts: ['localhost'], timeoutMs: 5_000 })
    for (const trusted of [true, false]) {
      const answer = await webhooks.post({ url: server.url, trusted, headers: {}, body: '{}' })
      assert.equal(answer.status, null)
    }
    assert.equal(server.requests(), 0)
    await Promise.all([transport.close(), webhooks.close()])
    await server.close()
  })
}
