import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { test } from 'node:test'

import { contains, type ControlTest, readControls } from '../../support/tables/controls-table.ts'

const MOST = 36

/** The test file may write the name with escaped quotes. */
const hasTest = ({ path, suite, name }: ControlTest): boolean => {
  if (!path.endsWith('.test.ts') || name === '' || !existsSync(path)) return false
  const text = readFileSync(path, 'utf8').replaceAll(/\\(['"`])/gu, '$1')
  return text.includes(suite) && contains(text, name)
}

test('every control has its row in docs/security.md, in its order, in our words', () => {
  const controls = readControls()
  assert.deepEqual(
    controls.map(({ id }) => id),
    Array.from({ length: MOST }, (_, at) => `S-${String(at + 1).padStart(2, '0')}`),
  )
  for (const { id, about } of controls) assert.ok(about.length > 30, id)
})

test('every control names tests that exist by that name', () => {
  for (const { id, tests } of readControls()) {
    assert.ok(tests.length > 0, id)
    for (const one of tests) assert.ok(hasTest(one), `${id}: ${one.path} ${one.name}`)
  }
})

test('a test that does not exist is caught', () => {
  const path = 'test/architecture/documents/controls.test.ts'
  assert.ok(hasTest({ path, suite: '', name: 'a test … exist is caught' }))
  assert.ok(!hasTest({ path, suite: '', name: ['nobody', 'wrote this'].join(' ') }))
  assert.ok(!hasTest({ path, suite: ['No', 'such suite'].join(' '), name: 'a test' }))
  assert.ok(!hasTest({ path: 'test/nowhere.test.ts', suite: '', name: 'a' }))
  const [control] = readControls(
    '| `S-01` | about | `a.test.ts` one<br>`b.test.ts` All › two | – |',
  )
  assert.deepEqual(control?.tests, [
    { path: 'a.test.ts', suite: '', name: 'one' },
    { path: 'b.test.ts', suite: 'All', name: 'two' },
  ])
})
