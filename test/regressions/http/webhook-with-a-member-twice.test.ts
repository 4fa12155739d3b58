import assert from 'node:assert/strict'
import { test } from 'node:test'

import { WEBHOOK_PATHS } from '../../../src/domain/genesys-events/genesys-webhook.ts'
import { BODY, EVENT_TOKEN, startWebhooks } from '../../support/gateway/fake-webhooks.ts'

/**
 * The body of a webhook with one more member at the beginning, so that this member occurs twice.
 */
const twice = (member: string, body = BODY): string => `{${member},${body.slice(1)}`

test('a callback with two members of the same name is 400, and audited with the field', async (t) => {
  const { callback, receipts } = await startWebhooks(t)
  const bodies: [string, string][] = [
    [twice('"uploadId":"job-9"'), '/uploadId'],
    [twice('"status":"error"'), '/status'],
    // Another spelling of the same name.
    [twice('"st\\u0061tus":"error"'), '/status'],
    [twice('"more":1,"more":2'), ''],
    [twice('"more":{"status":1,"status":2}'), ''],
  ]
  for (const [body] of bodies) {
    const answer = await callback(body)
    assert.deepEqual([answer.statusCode, answer.json().code], [400, 'webhook-malformed'], body)
  }
  assert.deepEqual(
    receipts.kept.map(({ jobId, ignored }) => [jobId, ignored]),
    bodies.map(() => [null, 'malformed']),
  )
  assert.deepEqual(
    receipts.kept.map(({ audit }) => [audit?.action, audit?.details]),
    bodies.map(([, field]) => ['webhook.malformed', { route: 'callback', field }]),
  )
})

test('an event whose job is named twice is 400, and no job is looked at', async (t) => {
  const { post, receipts } = await startWebhooks(t)
  const path = `${WEBHOOK_PATHS.event}?token=${EVENT_TOKEN}`
  for (const body of ['{"jobId":"a","jobId":"b"}', '{"data":{"jobId":"a","jobId":"b"}}']) {
    assert.equal((await post(path, body)).statusCode, 400, body)
  }
  assert.deepEqual(
    receipts.kept.map(({ jobId }) => jobId),
    [null, null],
  )
})

test('a change of a DNC list that is named twice is 400 with the field', async (t) => {
  const { dnc, dncChanges } = await startWebhooks(t)
  for (const [body, pointer] of [
    ['{"dncListId":"list-7","dncListId":"list-8"}', '/dncListId'],
    ['{"id":"evt-1","id":"evt-2","dncListId":"list-7"}', ''],
  ] as const) {
    const answer = await dnc(body)
    assert.equal(answer.statusCode, 400, body)
    assert.deepEqual(
      answer.json<{ errors: { pointer: string }[] }>().errors.map((one) => one.pointer),
      [pointer],
    )
  }
  assert.ok(dncChanges.kept.every(({ dncListId }) => dncListId === null))
  assert.deepEqual(
    dncChanges.audit.map(({ action }) => action),
    ['webhook.malformed', 'webhook.malformed'],
  )
})
