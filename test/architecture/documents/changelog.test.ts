import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'

/**
 * Entries that begin in the same way as another one, or that are under no heading of a capability.
 */
const faultsOf = (changelog: string): string[] => {
  const seen = new Set<string>()
  const faults: string[] = []
  let heading = ''
  for (const line of changelog.split('\n')) {
    if (line.startsWith('#')) heading = line
    if (!line.startsWith('- ')) continue
    const beginning = line.slice(2, 62)
    if (!heading.startsWith('#### ')) faults.push(`under no capability: ${beginning}`)
    if (seen.has(beginning)) faults.push(`twice: ${beginning}`)
    seen.add(beginning)
  }
  return faults
}

test('each change is in the changelog once, under the heading of its capability', async () => {
  const changelog = await readFile('CHANGELOG.md', 'utf8')
  assert.ok(changelog.split('\n- ').length > 100)
  assert.deepEqual(faultsOf(changelog), [])
})

test('an entry that a merge brought back is found, and one without a capability', () => {
  const entry = '- `GET /v1/things` shows all things that the gateway has, in their order'
  assert.deepEqual(faultsOf(`### Added\n\n${entry}\n\n#### Things\n\n${entry}, and more\n`), [
    `under no capability: ${entry.slice(2, 62)}`,
    `twice: ${entry.slice(2, 62)}`,
  ])
})
