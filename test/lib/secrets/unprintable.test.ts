import assert from 'node:assert/strict'
import { test } from 'node:test'
import { format, inspect } from 'node:util'

import { unprintable } from '../../../src/lib/secrets/unprintable.ts'

test('what is unprintable shows nothing of itself and of the members named, and reads as before', () => {
  const secrets = unprintable(
    { a: 'secret-a', deep: { b: 'secret-b' }, list: [{ c: 'secret-c' }] },
    ['deep', 'list'],
  )
  const error = Object.assign(new Error('broken'), { secrets })
  for (const shown of [
    inspect(secrets, { depth: 9, showHidden: true }),
    inspect({ of: secrets.deep }, { depth: 9 }),
    inspect(error, { depth: 9 }),
    format('%o %j %O', secrets, secrets.deep, secrets.list),
    JSON.stringify({ secrets, deep: secrets.deep, one: secrets.list[0] }),
  ]) {
    assert.doesNotMatch(shown, /secret-/u)
  }
  assert.equal(secrets.list[0]!.c, 'secret-c')
  assert.deepEqual(Object.keys(secrets), ['a', 'deep', 'list'])
})
