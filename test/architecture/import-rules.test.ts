import assert from 'node:assert/strict'
import { globSync, readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'

import { readImports } from './import-rules.ts'
import { DOORS, importTableMarkdown, LAYERS } from './import-table.ts'

const read = readImports(process.cwd())

test('every import in src follows the table', async () => {
  const { findings } = await read
  assert.deepEqual(
    findings.map(({ rule, from, to }) => `${from} → ${to} (${rule})`),
    [],
  )
})

test('the check really reads the sources: it sees every file', async () => {
  const { filesSeen } = await read
  assert.ok(filesSeen > 20, `only ${filesSeen} files seen`)
  assert.equal(filesSeen, globSync('src/**/*.ts').length)
})

test('every folder and file at the top of src has a row in the table', () => {
  assert.deepEqual(
    readdirSync('src')
      .filter((name) => !name.startsWith('.'))
      .filter((name) => !(name in LAYERS))
      .filter(
        (name) => !Object.values(LAYERS).some(({ path }) => new RegExp(`^${path}`).test(name)),
      ),
    [],
  )
})

test('every runtime dependency has a door', () => {
  const { dependencies } = JSON.parse(readFileSync('package.json', 'utf8')) as {
    dependencies: Record<string, string>
  }
  const doors = DOORS.flatMap(({ packages }) => packages)
  const scope = (name: string): string => `${name.split('/')[0] ?? ''}/*`
  assert.deepEqual(
    Object.keys(dependencies).filter(
      (name) => !doors.includes(name) && !doors.includes(scope(name)),
    ),
    [],
  )
})

test('the table in ARCHITECTURE.md is the one that is enforced', () => {
  assert.ok(readFileSync('ARCHITECTURE.md', 'utf8').includes(importTableMarkdown()))
})
