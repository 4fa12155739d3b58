import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'

const TESTS = join(import.meta.dirname, '..', '..')
const BUGS = 30

/** The name of a test begins with the bugs that it covers: `C2, C3: …`. */
const NAMED = /\b(?:it|test)\(\s*['"`]((?:C\d{1,2}(?:, )?)+):/g

test('every bug of the source guide of do-not-call has a test by its name', () => {
  const found = new Set<string>()
  for (const file of readdirSync(TESTS, { recursive: true, encoding: 'utf8' })) {
    if (!file.endsWith('.test.ts')) continue
    for (const [, names] of readFileSync(join(TESTS, file), 'utf8').matchAll(NAMED)) {
      for (const name of names!.split(', ')) found.add(name)
    }
  }
  const missing = Array.from({ length: BUGS }, (_, n) => `C${n + 1}`).filter(
    (name) => !found.has(name),
  )
  assert.deepEqual(missing, [])
})
