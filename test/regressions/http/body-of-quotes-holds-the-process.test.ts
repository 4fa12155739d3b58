import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { test } from 'node:test'

import { faultOfJson } from '../../../src/http/submissions/json-text.ts'

const PROJECT = join(import.meta.dirname, '..', '..', '..')
/** The largest body of JSON that a route takes. Reading it took minutes. */
const BYTES = 512 * 1024
/** Far more than it takes: it only ends a program that would not end by itself. */
const GIVEN_UP_MS = 30_000

test('a body of quotes and backslashes that never ends a string is read once, not from each quote on', () => {
  const program = `
    import { faultOfJson } from './src/http/submissions/json-text.ts'
    for (const part of ['"\\\\', '"', '"\\\\"', '{"a\\\\']) faultOfJson(part.repeat(${BYTES} / part.length))`
  const { status, stderr } = spawnSync(
    process.execPath,
    ['--input-type=module', '--eval', program],
    { cwd: PROJECT, timeout: GIVEN_UP_MS, encoding: 'utf8' },
  )
  assert.equal(status, 0, stderr || 'given up')
})

test('a string that does not end hides nothing that stands before it', () => {
  assert.deepEqual(faultOfJson('{"a":1,"a":"open'), { kind: 'member-repeated', name: 'a' })
  assert.equal(faultOfJson('{"a":1,"b":"{[:\\'), null)
})
