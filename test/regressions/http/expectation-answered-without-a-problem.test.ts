import assert from 'node:assert/strict'
import { request } from 'node:http'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'

import { startFakeServer } from '../../support/gateway/http-fakes.ts'

/**
 * Found by the fuzzer. Node itself answered 417 with an empty body, without calling any hook. The
 * API document has no such answer.
 */
test('a call with an expectation that nobody knows is answered as without it', async () => {
  const { app } = await startFakeServer()
  try {
    const address = await app.listen({ host: '127.0.0.1', port: 0 })
    const answer = await new Promise<{ status: number; id: unknown; body: string }>(
      (resolve, reject) => {
        request(`${address}/livez`, { headers: { expect: '200-ok' } }, (response) => {
          const { statusCode = 0, headers } = response
          text(response).then(
            (body) => resolve({ status: statusCode, id: headers['x-request-id'], body }),
            reject,
          )
        })
          .once('error', reject)
          .end()
      },
    )
    assert.deepEqual([answer.status, answer.body], [200, '{"alive":true}'])
    assert.match(String(answer.id), /^req_/u)
  } finally {
    await app.close()
  }
})
