import assert from 'node:assert/strict'
import { test } from 'node:test'

import { createWebhookTransport } from '../../../src/sync/webhook-transport.ts'

/**
 * The name server of an endpoint, or a firewall before it, answered nothing. The deadline of an
 * attempt did not count until there was a connection, and each attempt waited for the ones before
 * it: 10 s, 20 s, 30 s and so on. Meanwhile the sweep sent the same messages again, the workers
 * that deliver for all tenants waited, and the gateway could not stop.
 */
test(
  'attempts at an endpoint to which no connection opens end at their deadline, however many there are',
  { timeout: 8_000 },
  async () => {
    const asked: string[] = []
    const transport = createWebhookTransport({
      ...{ innerHosts: [], timeoutMs: 100 },
      resolve: (hostname) => {
        asked.push(hostname)
        return new Promise(() => {})
      },
    })
    const post = () =>
      transport.post({
        ...{ url: 'https://hooks.example.com/x', trusted: false, headers: {}, body: '{}' },
      })
    const answers = await Promise.all([post(), post(), post()])
    assert.deepEqual(
      answers,
      Array.from({ length: 3 }, () => ({ status: null, failure: 'no_answer' })),
    )
    assert.ok(asked.length > 0)
    await transport.close()
  },
)
