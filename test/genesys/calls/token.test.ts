import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inspect } from 'node:util'

import fc from 'fast-check'

import {
  AccessToken,
  renewAfterSeconds,
  tokenLifeSeconds,
} from '../../../src/genesys/calls/token.ts'
import { batchOf, contextOf, json, startClient, text } from '../harness.ts'

const accepted = json(200, { jobId: 'job-1' })
const token = (expiresIn: unknown) => json(200, { access_token: 'secret-x', expires_in: expiresIn })

test('200 calls on an expired token make one login', async (t) => {
  const { upstream, lists, clock } = await startClient(t, 'guide')
  upstream.replies = [accepted]
  await lists.sendBatch(batchOf(), contextOf())
  clock.skip(86_400_000)
  await Promise.all(
    Array.from({ length: 200 }, () =>
      lists.sendBatch(batchOf(), contextOf({ retryForMs: 900_000_000 })),
    ),
  )
  assert.equal(upstream.tokensIssued, 2)
  assert.equal(upstream.seen.length, 201)
})

test('the login is HTTP Basic with the form the guides give', async (t) => {
  const { upstream, lists } = await startClient(t, 'guide')
  upstream.replies = [accepted]
  let basic = ''
  let body = ''
  upstream.tokenReplies = [
    (response, seen) => {
      basic = seen.headers.authorization ?? ''
      body = seen.body
      token(100)(response, seen)
    },
  ]
  await lists.sendBatch(batchOf(), contextOf())
  assert.equal(basic, `Basic ${btoa('client-1:the-client-secret')}`)
  assert.equal(body, 'grant_type=client_credentials')
  assert.equal(upstream.seen[0]?.headers.authorization, 'Bearer secret-x')
})

test('a 401 brings one fresh token and one replay; 401 every 50th call fails nobody', async (t) => {
  const { upstream, lists } = await startClient(t, 'guide')
  let calls = 0
  upstream.replies = [
    (response, seen) => {
      calls += 1
      ;(calls % 50 === 0 ? json(401, {}) : accepted)(response, seen)
    },
  ]
  for (let i = 0; i < 120; i += 1) await lists.sendBatch(batchOf(), contextOf())
  assert.equal(calls, 122)
  assert.equal(upstream.tokensIssued, 3)
})

test('a second 401 in a row is final', async (t) => {
  const { upstream, lists } = await startClient(t, 'guide')
  upstream.replies = [json(401, { code: 'bad.credentials' })]
  await assert.rejects(lists.sendBatch(batchOf(), contextOf()), { kind: 'unauthorized' })
  assert.equal(upstream.seen.length, 2)
  assert.equal(upstream.tokensIssued, 2)
})

test('the login\'s 400 "rate limit exceeded" is throttling and passes', async (t) => {
  const { upstream, lists, clock } = await startClient(t, 'platform', { random: () => 1 })
  const busy = { error: 'invalid_request', error_description: 'rate limit exceeded for client' }
  upstream.tokenReplies = [json(400, busy), json(400, busy)]
  upstream.replies = [json(200, { entities: [] })]
  await lists.listContactLists(contextOf())
  assert.equal(upstream.tokensIssued, 3)
  assert.ok(clock.slept.filter((ms) => ms >= 1000).length >= 2)
})

test('refused credentials are final, and many callers do not hammer the login', async (t) => {
  const { upstream, lists } = await startClient(t, 'platform', { random: () => 1 })
  const refuse = json(401, { error: 'invalid_client' })
  upstream.tokenReplies = Array.from({ length: 50 }, () => refuse)
  for (let i = 0; i < 20; i += 1) {
    await assert.rejects(lists.listContactLists(contextOf()), {
      kind: 'unauthorized',
      operation: 'token',
      upstreamCode: 'invalid_client',
    })
  }
  assert.equal(upstream.tokensIssued, 1)
})

for (const [name, reply] of [
  ['HTML', text(200, '<html>')],
  ['no token', json(200, { expires_in: 10 })],
  ['a token with a line break', json(200, { access_token: 'a\r\nx: y', expires_in: 10 })],
] as const) {
  test(`a login that answers with ${name} is a malformed answer`, async (t) => {
    const { upstream, lists } = await startClient(t, 'platform')
    upstream.tokenReplies = [reply]
    await assert.rejects(lists.listContactLists(contextOf({ retryForMs: 0 })), {
      kind: 'malformed_answer',
      operation: 'token',
    })
  })
}

test('an invalid expires_in becomes a safe lifetime of the token', () => {
  for (const nonsense of [0, -5, Number.NaN, null, undefined, 'soon', {}]) {
    assert.equal(tokenLifeSeconds(nonsense), 300)
  }
  assert.equal(tokenLifeSeconds(1e12), 172_800)
  assert.equal(tokenLifeSeconds(0.001), 10)
  assert.equal(tokenLifeSeconds('3600'), 3600)
})

test('a token is renewed before it ends, and never at once', () => {
  assert.equal(renewAfterSeconds(86_400), 69_120)
  assert.equal(renewAfterSeconds(200), 140)
  fc.assert(
    fc.property(fc.anything(), (expiresIn) => {
      const life = tokenLifeSeconds(expiresIn)
      const renew = renewAfterSeconds(life)
      assert.ok(renew >= 5 && renew <= life * 0.8)
    }),
  )
})

test('however a token is printed, the output does not show the token', () => {
  const printed = new AccessToken('secret-y')
  const shown = `${inspect({ printed }, { showHidden: true, depth: 9 })}${JSON.stringify(printed)}`
  assert.doesNotMatch(shown, /secret/)
})

test('no event carries the token or the secret', async (t) => {
  const { upstream, lists, told } = await startClient(t, 'guide')
  upstream.replies = [json(401, {}), accepted]
  await lists.sendBatch(batchOf(), contextOf())
  assert.ok(told.some(({ name }) => name === 'genesys.token.renewed'))
  assert.doesNotMatch(JSON.stringify(told), /secret/)
})
