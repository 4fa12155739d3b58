import assert from 'node:assert/strict'
import { test } from 'node:test'

import { bearer } from '../../support/gateway/fake-keys.ts'
import { startFakeServer } from '../../support/gateway/http-fakes.ts'

/** Texts that RFC 8259 does not allow, of the kinds that parsers treat differently. */
const MALFORMED = [
  '{',
  '[',
  '[1',
  '[1,',
  '[1,]',
  '[,1]',
  '[1,,2]',
  '[1 2]',
  '[1:2]',
  '{"a":1,}',
  '{,"a":1}',
  '{"a" 1}',
  '{"a"::1}',
  '{"a":1 "b":2}',
  '{a:1}',
  "{'a':1}",
  '{1:1}',
  '{"a"}',
  '{"a":}',
  '{:1}',
  '[01]',
  '[-01]',
  '[+1]',
  '[.5]',
  '[1.]',
  '[1.e1]',
  '[1e]',
  '[1e+]',
  '[0x1]',
  '[1_000]',
  '[-]',
  '[--1]',
  '[Infinity]',
  '[-Infinity]',
  '[NaN]',
  '[nan]',
  '[True]',
  '[TRUE]',
  '[nul]',
  '[undefined]',
  '["a]',
  '["\\x00"]',
  '["\\u12"]',
  '["\\u{1}"]',
  '["\\"]',
  '["a\u0000b"]',
  '["a\nb"]',
  '["a\tb"]',
  "['a']",
  '["a" "b"]',
  '[1]]',
  '{}}',
  '{"a":1}x',
  '[1]/*x*/',
  '//x\n[1]',
  '#x\n[1]',
  '<a/>',
  '\u00a0[1]',
  '[1]\u0000',
  '{"a":1}{"b":2}',
  '\ufeff\ufeff[1]',
  '*',
  'abc',
  '"a',
  '[\u000c1]',
  '{"__proto__":1}',
  '{"a":{"constructor":{"prototype":1}}}',
]

/**
 * Texts that it allows, however odd. The call accepts `{}`, and everything else is a body of
 * another form.
 */
const ALLOWED = [
  '{}',
  ' {} ',
  '\n{}\t',
  '[]',
  'null',
  'true',
  '0',
  '-0',
  '1e400',
  '1E-2',
  '""',
  '"\\u0000"',
  '"\\ud800"',
  '"\\ud83d\\ude00"',
  '"\\/"',
  '[[[[[]]]]]',
  '{"":0}',
  '123123123123123123123123123123',
  `${'['.repeat(20_000)}${']'.repeat(20_000)}`,
  `"${'x'.repeat(60_000)}"`,
]

const post = async (payload: string | Buffer) => {
  const { app } = await startFakeServer()
  try {
    return await app.inject({
      ...{ method: 'POST', url: '/v1/uploads/upl_1/retry', payload },
      headers: { ...bearer('uploads'), 'content-type': 'application/json', 'idempotency-key': 'k' },
    })
  } finally {
    await app.close()
  }
}

test('what is not JSON is 400, whatever other parsers make of it', async (t) => {
  for (const text of MALFORMED) {
    const answer = await post(text)
    assert.equal(answer.statusCode, 400, `${text}: ${answer.body}`)
    assert.ok(['body-malformed', 'body-invalid'].includes(answer.json().code), answer.body)
    assert.doesNotMatch(answer.body, /Unexpected token|JSON at position/u, 'no parser speaks')
  }
  t.diagnostic(`${MALFORMED.length} texts that are not JSON, ${ALLOWED.length} that are`)
})

test('valid JSON gets 202 or 400, and never causes an error of the gateway', async () => {
  for (const text of ALLOWED) {
    const answer = await post(text)
    assert.ok(
      answer.statusCode === 202 || answer.statusCode === 400,
      `${text.slice(0, 40)}: ${answer.body}`,
    )
  }
})

/**
 * `JSON.parse` reads each of these. It keeps the last value of the repeated member, and reports
 * nothing.
 */
const REPEATED: readonly (readonly [text: string, name: string])[] = [
  ['{"a":1,"a":2}', 'a'],
  ['{"a":1,"a":1}', 'a'],
  ['{"a" :1,"b":{}, "a"\n:2}', 'a'],
  ['{"a":1,"\\u0061":2}', 'a'],
  ['{"":1,"":2}', ''],
  ['{"x":{"b":[{"c":1,"c":2}]}}', 'c'],
  ['[{"a":1},{"a":1,"b":"\\"a\\":","a":2}]', 'a'],
  ['{"+15551234567":1,"+15551234567":2}', '(not shown)'],
]

/** In these texts nothing is repeated, although it looks so. */
const NOT_REPEATED = [
  '{"a":{"a":1},"b":{"a":2}}',
  '[{"a":1},{"a":2}]',
  '{"a":"\\"a\\":1,","b":["a","a"]}',
  '{"a":1,"A":2}',
]

test('two members with the same name are 400 and named, at any level and in any spelling', async () => {
  for (const [text, name] of REPEATED) {
    const answer = await post(text)
    assert.equal(answer.statusCode, 400, text)
    const { code, detail, fields } = answer.json()
    assert.deepEqual([code, fields], ['body-malformed', [name]], text)
    assert.match(detail, /twice/u)
  }
  for (const text of NOT_REPEATED) {
    assert.doesNotMatch((await post(text)).body, /twice/u, text)
  }
})

const NO_UTF8 = [[0xff], [0xc0, 0xaf], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xe2, 0x82]]

test('bytes that are not UTF-8 get the answer 400, wherever they are, and are never replaced', async () => {
  for (const bytes of NO_UTF8) {
    for (const [before, after] of [
      ['{"outcomes":["', '"]}'],
      ['{"', '":1}'],
      ['', '{}'],
    ]) {
      const answer = await post(
        Buffer.concat([Buffer.from(before!), Buffer.from(bytes), Buffer.from(after!)]),
      )
      assert.equal(answer.statusCode, 400, answer.body)
      const { code, detail } = answer.json()
      assert.equal(code, 'body-malformed')
      const last = before!.length + bytes.length
      const byte = Number(/^The body is not UTF-8 from byte (\d+) on\.$/u.exec(detail)?.[1])
      assert.ok(byte > before!.length && byte <= last + 1, `${detail} ${before}`)
    }
  }
})

/** What each answer says. It never quotes the body. */
const REASONS: readonly (readonly [text: string, detail: string])[] = [
  ['{"a":1,}', 'The body is not valid JSON from character 8 on.'],
  ['{"a":1', 'The body is not valid JSON from character 7 on.'],
  ['{', 'The body is not valid JSON from character 2 on.'],
  ['[', 'The body ends before its JSON is complete.'],
  ['*', 'The body is not valid JSON.'],
  [
    '{"__proto__":1}',
    'The body has a member that is not allowed: `__proto__`, or a `constructor` whose value has a member `prototype`.',
  ],
]

test('a body that is not JSON is told why, and where if that is known', async () => {
  for (const [text, detail] of REASONS) {
    assert.equal((await post(text)).json().detail, detail, text)
  }
})

test('a query that cannot be decoded is 400 and is never taken as it was written', async (t) => {
  const { app } = await startFakeServer()
  t.after(() => app.close())
  for (const [pair, name] of [
    ['state=%FF', 'state'],
    ['state=100%', 'state'],
    ['%C3%28=1', '%C3%28'],
  ]) {
    const url = `/v1/uploads?limit=1&${pair}`
    const answer = await app.inject({ url, headers: bearer('uploads') })
    const { code, parameters, detail } = answer.json()
    assert.deepEqual([code, parameters], ['parameter-invalid', [name]], pair)
    assert.match(detail, /bytes that are not UTF-8/u)
  }
  const entries = await app.inject({
    method: 'POST',
    url: '/v1/dnc-lists/l/entries?source=a%FFb',
    headers: { ...bearer('dnc'), 'content-type': 'text/csv', 'idempotency-key': 'k' },
    payload: 'phoneNumber\n+12125550123\n',
  })
  const { code, options } = entries.json()
  assert.deepEqual([code, options], ['option-invalid', ['source']], entries.body)
})
