import assert from 'node:assert/strict'
import { test } from 'node:test'

import { bearer } from '../../support/gateway/fake-keys.ts'
import { startFakeServer } from '../../support/gateway/http-fakes.ts'

/**
 * Found by the fuzzer. 64 KiB can hold 20,000 brackets. Code that went through the value level by
 * level ran out of stack, and the answer was 500.
 */
test('a body that nests deeper than 64 levels is refused as malformed, and one of 64 is judged by its members', async () => {
  const { app } = await startFakeServer()
  try {
    const send = async (payload: string) =>
      app.inject({
        method: 'POST',
        url: '/v1/webhook-endpoints',
        headers: { ...bearer('admin'), 'content-type': 'application/json' },
        payload,
      })
    const nested = (levels: number): string => `${'['.repeat(levels)}${']'.repeat(levels)}`
    for (const payload of [nested(65), nested(20_000), `{"a":${nested(64)}}`, '{"a":'.repeat(70)]) {
      const { statusCode, json } = await send(payload)
      assert.deepEqual([statusCode, json().code], [400, 'body-malformed'], payload.slice(0, 20))
    }
    for (const payload of [nested(64), `{"a":"${'['.repeat(100)}\\"${'{'.repeat(100)}"}`]) {
      const { statusCode, json } = await send(payload)
      assert.deepEqual([statusCode, json().code], [400, 'body-invalid'], payload.slice(0, 20))
    }
  } finally {
    await app.close()
  }
})
