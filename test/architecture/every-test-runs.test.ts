import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { test } from 'node:test'

const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as {
  scripts: Record<string, string>
}

const filesOf = (script: string): string[] => {
  const patterns = [...scripts[script]!.matchAll(/'(test\/[^']+)'/g)].map((hit) => hit[1]!)
  return globSync(patterns)
}

test('`npm test` runs every test file, and none twice', () => {
  const ran = [...filesOf('coverage'), ...filesOf('test:outer')].toSorted()
  assert.deepEqual(ran, globSync('test/**/*.test.ts').toSorted())
  for (const script of ['coverage', 'test:outer']) assert.ok(scripts['test']!.includes(script))
})
