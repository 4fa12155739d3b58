import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { test } from 'node:test'

import { brokenRules, HOUSE_RULES, MAX_SOURCE_LINES, MAX_TEST_LINES } from './house-rules.ts'

const files = globSync('{src,test,examples,bench}/**/*.ts')

test('every file keeps the house rules', () => {
  assert.ok(files.length > 20, `only ${files.length} files seen`)
  assert.deepEqual(
    files.flatMap((path) =>
      brokenRules(path, readFileSync(path, 'utf8')).map((rule) => `${path}: ${rule}`),
    ),
    [],
  )
})

test('comments of scripts in JavaScript are as narrow', () => {
  const scripts = globSync('{src,examples}/**/*.{js,mjs}')
  assert.ok(scripts.length > 5, `only ${scripts.length} scripts seen`)
  const isWide = (path: string) =>
    brokenRules(path, readFileSync(path, 'utf8')).includes('a comment wider than 100 columns')
  assert.deepEqual(scripts.filter(isWide), [])
})

/**
 * By rule: a file that breaks it. The texts are joined, so that this file does not break the rules
 * itself.
 */
const planted: Record<string, [path: string, text: string][]> = {
  'too long': [
    ['src/domain/long.ts', '\n'.repeat(MAX_SOURCE_LINES + 1)],
    ['test/domain/long.test.ts', '\n'.repeat(MAX_TEST_LINES + 1)],
  ],
  'vague name': [
    ['src/lib/utils.ts', ''],
    ['src/shared/phone.ts', ''],
    ['src/lanes/lane-manager.ts', ''],
  ],
  'a comment wider than 100 columns': [
    ['src/domain/state.ts', `// ${'x'.repeat(98)}`],
    ['src/domain/state.ts', `/**\n * ${'x'.repeat(98)}\n */`],
    ['test/domain/state.test.ts', `  /** ${'x'.repeat(92)} */`],
  ],
  barrel: [['src/domain/index.ts', '']],
  'not kebab-case': [['src/domain/contactList.ts', '']],
  enum: [['src/domain/state.ts', ['export ', 'enum State { A }'].join('')]],
  'default export': [
    ['src/domain/state.ts', ['export ', 'default 1'].join('')],
    ['src/domain/state.ts', ['export ', '{ a as default }'].join('')],
  ],
  'reads the environment': [
    ['src/store/pool.ts', 'const url = process.env.DATABASE_URL'],
    ['src/store/pool.ts', "const url = process['env'].DATABASE_URL"],
  ],
  'own clock': [
    ['src/lanes/lease.ts', 'const now = Date.now()'],
    ['src/lanes/lease.ts', 'const now = new Date()'],
    ['src/lanes/lease.ts', "import { setTimeout } from 'node:timers/promises'"],
    ['src/lanes/lease.ts', 'const jitter = Math.random()'],
  ],
  'an id in a path without pathSegment': [
    ['src/genesys/guide/jobs.ts', 'const path = `/jobs/${encodeURIComponent(jobId)}`'],
  ],
  'a problem past the codes of its route': [
    ['src/http/routes/uploads/uploads.ts', "throw new GatewayProblem('not-found', 'No.')"],
  ],
  'audit entry by hand': [['src/sync/tells.ts', "const entry = { id: ids.newId('aud') }"]],
  'an upsert that asks another table': [
    [
      'src/store/uploads/stage.ts',
      'sql`insert into lane (key) on conflict (key) do update set woken = not exists (select from upload)`',
    ],
  ],
  'held by a session of the database': [
    ['src/store/homes/migrate.ts', 'sql`select pg_advisory_lock(1)`'],
    ['src/store/homes/migrate.ts', 'sql`create temp table x ()`'],
  ],
  'unfinished mark': [['src/lanes/lease.ts', ['// TO', 'DO later'].join('')]],
  'path of one machine': [['src/lanes/lease.ts', ["const a = '/ho", "me/me/x'"].join('')]],
  'waits before its tests are declared': [
    ['test/a.test.ts', "await eachHome('a', () => {})"],
    ['test/a.test.ts', 'const homes = await openHomes()'],
  ],
  'only one test runs': [['test/a.test.ts', ['test.', "only('x')"].join('')]],
}

for (const { name } of HOUSE_RULES) {
  test(`the house rule "${name}" catches what it is for`, () => {
    const cases = planted[name] ?? []
    assert.ok(cases.length > 0, 'no case planted')
    for (const [path, text] of cases) assert.ok(brokenRules(path, text).includes(name), path)
  })
}

test('comments and the places that are meant to may do what code may not', () => {
  assert.deepEqual(brokenRules('src/config.ts', 'const env = process.env'), [])
  assert.deepEqual(brokenRules('src/lib/clock.ts', "import 'node:timers/promises'"), [])
  assert.deepEqual(brokenRules('test/a.test.ts', "test('a', async () => await b())"), [])
  assert.deepEqual(brokenRules('src/lanes/lease.ts', '// why not Date.now(): it jumps'), [])
})
