import assert from 'node:assert/strict'
import { test } from 'node:test'

import { capabilityToken } from '../../../../src/domain/genesys-events/capability-token.ts'
import {
  SUBSCRIPTIONS,
  WEBHOOK_PATHS,
} from '../../../../src/domain/genesys-events/genesys-webhook.ts'
import {
  TOKEN,
  EVENT_TOKEN,
  DNC_TOKEN,
  secretOf,
  startWebhooks,
} from '../../../support/gateway/fake-webhooks.ts'

test('a change of a DNC list is taken with the token of its subscription or signed, and once', async (t) => {
  const { dnc, signed, dncChanges, told } = await startWebhooks(t)
  const body = JSON.stringify({ id: 'evt-1', dncListId: 'list-7', at: 'x' })
  assert.deepEqual((await dnc(body)).json(), { received: true })
  await dnc(JSON.stringify({ id: 'evt-1', dncListId: 'list-7', at: 'later' }))
  await signed(JSON.stringify({ detail: { dncList: { id: 'list-8' } } }), {
    path: WEBHOOK_PATHS.dnc,
  })
  assert.deepEqual(
    dncChanges.kept.map(({ dncListId }) => dncListId),
    ['list-7', 'list-8'],
  )
  assert.deepEqual(
    told.map(({ route, outcome }) => [route, outcome]),
    [
      ['dnc', 'accepted'],
      ['dnc', 'duplicate'],
      ['dnc', 'accepted'],
    ],
  )
  assert.deepEqual(
    dncChanges.audit.map(({ action, object }) => [action, object]),
    [
      ['dnc.external_change', 'list-7'],
      ['dnc.external_change', 'list-8'],
    ],
  )
})

test('C21: nobody tells of a DNC list without the token of that subscription or a fresh signature', async (t) => {
  const { dnc, post, signed, dncChanges, told } = await startWebhooks(t)
  const body = JSON.stringify({ dncListId: 'list-7' })
  const { part, eventType } = SUBSCRIPTIONS.dnc
  const answers = [
    await post(WEBHOOK_PATHS.dnc, body),
    await dnc(body, EVENT_TOKEN),
    await dnc(body, TOKEN),
    await dnc(body, capabilityToken(secretOf(9), part, eventType)),
    await post(`${WEBHOOK_PATHS.event}?token=${DNC_TOKEN}`, body),
    await signed(body, { path: WEBHOOK_PATHS.dnc, at: Date.now() - 6 * 60_000 }),
    await signed(body, { path: WEBHOOK_PATHS.dnc, secret: secretOf(9) }),
  ]
  assert.deepEqual(
    answers.map(({ statusCode }) => statusCode),
    answers.map(() => 401),
  )
  assert.deepEqual(dncChanges.kept, [])
  assert.ok(told.every(({ outcome }) => outcome === 'forged'))
})

test('a change that names no DNC list is refused with the field, and audited once', async (t) => {
  const { dnc, dncChanges, told } = await startWebhooks(t)
  const bodies: [string, string][] = [
    ['{"id":"evt-1"}', '/dncListId'],
    ['{"dncListId":17}', '/dncListId'],
    ['{"dncListId":"a/b c"}', '/dncListId'],
    ['[]', ''],
    ['{"dncListId":', ''],
  ]
  for (const [body, pointer] of bodies) {
    const answer = await dnc(body)
    assert.equal(answer.statusCode, 400, body)
    const { code, errors } = answer.json<{ code: string; errors: { pointer: string }[] }>()
    assert.deepEqual([code, errors.map((one) => one.pointer)], ['webhook-malformed', [pointer]])
  }
  assert.ok(told.every(({ outcome }) => outcome === 'malformed'))
  assert.deepEqual(
    dncChanges.audit.map(({ action, details }) => [action, details]),
    bodies.map(([, field]) => ['webhook.malformed', { route: 'dnc', field }]),
  )
})
