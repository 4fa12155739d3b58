import assert from 'node:assert/strict'
import { test } from 'node:test'

import { Webhook } from 'standardwebhooks'

import { capabilityToken } from '../../../../src/domain/genesys-events/capability-token.ts'
import {
  SUBSCRIPTIONS,
  WEBHOOK_PATHS,
} from '../../../../src/domain/genesys-events/genesys-webhook.ts'
import {
  SECRET,
  OLDER,
  TOKEN,
  EVENT_TOKEN,
  BODY,
  secretOf,
  startWebhooks,
} from '../../../support/gateway/fake-webhooks.ts'

test('without proof nothing is stored: 401, and a metric', async (t) => {
  const { post, callback, receipts, told } = await startWebhooks(t)
  const answers = [
    await post(WEBHOOK_PATHS.callback, BODY),
    await post(`${WEBHOOK_PATHS.callback}?token=`, BODY),
    await post(`${WEBHOOK_PATHS.callback}?token=${TOKEN}&token=${TOKEN}`, BODY),
    await callback(BODY, capabilityToken(secretOf(9), 'part-1', 'list-1')),
    await callback(BODY, capabilityToken(SECRET, 'part-1', 'list-2')),
    await callback(BODY, capabilityToken(SECRET, 'part-dead', 'list-1')),
    await callback(BODY, EVENT_TOKEN),
    await post(`${WEBHOOK_PATHS.event}?token=${TOKEN}`, BODY),
    await post(
      `${WEBHOOK_PATHS.event}?token=${capabilityToken(SECRET, 'part-1', SUBSCRIPTIONS.event.eventType)}`,
      BODY,
    ),
    await callback('not json', 'wrong'),
  ]
  for (const answer of answers) {
    assert.equal(answer.statusCode, 401)
    assert.equal(answer.json().code, 'webhook-proof-invalid')
    assert.match(String(answer.headers['www-authenticate']), /^Webhook-Signature /u)
  }
  assert.equal(receipts.kept.length, 0)
  assert.deepEqual([...new Set(told.map(({ outcome }) => outcome))], ['forged'])
  assert.equal(told.length, answers.length)
})

test('a token that has not the form of one never reaches the database', async (t) => {
  const { callback, receipts } = await startWebhooks(t)
  for (const token of ['x', "part-1'--.AAAAAAAAAAAAAAAAAAAAAA", 'a'.repeat(5_000)]) {
    await callback(BODY, encodeURIComponent(token))
  }
  assert.deepEqual(receipts.asked, [])
})

test('the token shows in no event and no answer, whatever becomes of the call', async (t) => {
  const { post, callback, events, told } = await startWebhooks(t)
  const answers = [
    await callback(BODY),
    await callback('{'),
    await callback(BODY, `${TOKEN.slice(0, -1)}_`),
    await callback('x'.repeat(70_000)),
    await post(`${WEBHOOK_PATHS.callback}/nowhere?token=${TOKEN}`, BODY),
    await post(`${WEBHOOK_PATHS.callback}?token=${TOKEN}%zz&%=`, BODY),
  ]
  const shown = JSON.stringify([events, told, answers.map(({ headers, body }) => [headers, body])])
  assert.ok(events.some(({ name }) => name === 'http.answered'))
  assert.ok(!shown.includes(TOKEN.slice(0, 30)))
  assert.ok(!shown.includes(TOKEN.split('.')[1]!.slice(0, 10)))
})

test('a signature stands for a token on both addresses, under the current secret and the older one', async (t) => {
  const { signed, receipts } = await startWebhooks(t)
  assert.equal((await signed(BODY)).statusCode, 200)
  assert.equal((await signed(BODY, { secret: OLDER, id: 'msg_2' })).statusCode, 200)
  const path = WEBHOOK_PATHS.callback
  assert.equal((await signed(BODY, { path, id: 'msg_3' })).statusCode, 200)
  assert.equal(receipts.kept.length, 3)
  assert.equal(receipts.kept[2]?.partId, null)
})

test('a signed message counts once by its id, also when it is replayed within the five minutes', async (t) => {
  const { signed, receipts } = await startWebhooks(t)
  await signed(BODY)
  const again = await signed(BODY, { at: Date.now() - 200_000 })
  assert.deepEqual(again.json(), { received: true })
  assert.equal(receipts.kept.length, 1)
})

test('a signature that is five minutes off, has another secret or comes with a wrong token is not a proof', async (t) => {
  const { signed, receipts } = await startWebhooks(t)
  for (const about of [
    { at: Date.now() - 302_000 },
    { at: Date.now() + 302_000 },
    { secret: secretOf(9) },
    { path: `${WEBHOOK_PATHS.event}?token=wrong` },
  ]) {
    assert.equal((await signed(BODY, about)).statusCode, 401)
  }
  assert.equal(receipts.kept.length, 0)
})

test('one byte changed in the body or the headers of a signed message is 401', async (t) => {
  const { post, receipts } = await startWebhooks(t)
  const at = new Date()
  const body = Buffer.from(`${BODY.slice(0, -1)},"note":"\u{fffd}"}`)
  const headers = {
    'webhook-id': 'msg_1',
    'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
    'webhook-signature': new Webhook(SECRET).sign('msg_1', at, body.toString()),
  }
  const send = async (sent: Buffer, more: Record<string, string> = {}): Promise<number> =>
    (await post(WEBHOOK_PATHS.event, sent, { ...headers, ...more })).statusCode
  for (let place = 0; place < body.length; place += 1) {
    const changed = Buffer.from(body)
    changed[place] = changed[place]! ^ 0x41
    assert.equal(await send(changed), 401, `byte ${place}`)
  }
  // Bytes that are not UTF-8 are decoded as the same replacement character that was signed.
  const replaced = Buffer.from(body.toString('latin1').replace('\xef\xbf\xbd', '\xff'), 'latin1')
  assert.equal(replaced.toString(), body.toString())
  assert.equal(await send(replaced), 401)
  for (const [name, value] of Object.entries(headers)) {
    for (let place = 0; place < value.length; place += 1) {
      const other = value[place] === '1' ? '2' : '1'
      const changed = value.slice(0, place) + other + value.slice(place + 1)
      assert.equal(await send(body, { [name]: changed }), 401, `${name} ${place}`)
    }
  }
  assert.equal(receipts.kept.length, 0)
  assert.equal(await send(body), 200)
})
