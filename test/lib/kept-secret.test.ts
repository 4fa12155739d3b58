import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'

import { keepSecret } from '../../src/lib/kept-secret.ts'

test('a kept secret is made once, readable by its owner only, and stays the same', (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'kept-'))
  t.after(() => rmSync(directory, { recursive: true }))
  const path = join(directory, 'deep', 'admin.key')
  assert.deepEqual(
    keepSecret(path, () => 'first'),
    { secret: 'first', made: true },
  )
  assert.deepEqual(
    keepSecret(path, () => 'second'),
    { secret: 'first', made: false },
  )
  assert.equal(statSync(path).mode & 0o777, 0o600)
})
