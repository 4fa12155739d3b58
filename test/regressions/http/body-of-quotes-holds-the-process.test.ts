import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { test } from 'node:test'

import { faultOfJson } from '../../../src/domain/text/json-fault.ts'

const PROJECT = join(import.meta.dirname, '..', '..', '..')
/** The largest JSON body that a route accepts. Reading it took minutes. */
const BYTES = 512 * 1024
/** Far more than the program needs. It only ends a program that would not end by itself. */
const GIVEN_UP_MS = 30_000

test('a body of quotes and backslashes that never ends a string is read once, not from each quote on', () => {
  const program = `
    import { faultOfJson } from './src/domain/text/json-fault.ts'
    for (const part of ['"\\\\', '"', '"\\\\"', '{"a\\\\']) faultOfJson(part.repeat(${BYTES} / part.length))`
  const { status, stderr } = spawnSync(
    process.execPath,
    ['--input-type=module', '--eval', program],
    { cwd: PROJECT, timeout: GIVEN_UP_MS, encoding: 'utf8' },
  )
  assert.equal(status, 0, stderr || 'given up')
})

test('a string that does not end hides nothing that stands before it', () => {
  assert.deepEqual(faultOfJson('{"a":1,"a":"open'), {
    kind: 'member-repeated',
    name: 'a',
    level: 1,
  })
  assert.equal(faultOfJson('{"a":1,"b":"{[:\\'), null)
})
