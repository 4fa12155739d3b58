import assert from 'node:assert/strict'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { test } from 'node:test'

import { CONFIG_VARIABLES } from '../../src/config-variables.ts'
import { PROBLEMS } from '../../src/domain/problems/problem.ts'
import { EVIDENCE_CODES } from '../../src/domain/proof/evidence.ts'
import { FINDING_SEVERITIES } from '../../src/domain/segments/analysis/finding.ts'
import { DEFINITION_FAULTS } from '../../src/domain/segments/definition-faults.ts'
import { REJECTIONS } from '../../src/domain/uploads/rejection.ts'
import { UPLOAD_WARNINGS } from '../../src/domain/uploads/upload-warnings.ts'
import { UPLOAD_STATES } from '../../src/domain/uploads/upload.ts'
import { EVENT_LEVELS } from '../../src/telemetry/events.ts'
import { metricTable } from '../support/tables/instrumentation-tables.ts'
import { referencePages } from '../support/tables/reference-pages.ts'
import { holdTable, stateDiagram } from '../support/tables/state-diagram.ts'

const read = (path: string): string => readFileSync(path, 'utf8')
const MARKDOWN = [
  ...['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md', 'examples/README.md'],
  ...globSync('docs/**/*.md'),
]
const GROUPS = ['Start here', 'How-to', 'Reference', 'Explanations']

/** `NAME=value`. For a variable without a default, `# NAME=`. */
const exampleVariables = (): Map<string, { value: string; commented: boolean }> =>
  new Map(
    [...read('.env.example').matchAll(/^(# ?)?([A-Z][A-Z0-9_]+)=(.*)$/gm)].map((line) => [
      line[2] ?? '',
      { value: (line[3] ?? '').trim(), commented: line[1] !== undefined },
    ]),
  )

test('.env.example has exactly the variables that config.ts reads', () => {
  assert.deepEqual(
    [...exampleVariables().keys()].toSorted(),
    CONFIG_VARIABLES.map(({ name }) => name).toSorted(),
  )
})

test('the schema of the configuration has every variable of the table', () => {
  const schema = globSync('src/config{,-values,-intake}.ts').map(read).join('\n')
  const unread = CONFIG_VARIABLES.filter(({ name }) => !new RegExp(`\\b${name}: `).test(schema))
  assert.deepEqual(unread, [], 'a variable that no schema has is documented, but changes nothing')
})

test('.env.example shows the defaults that config.ts uses', () => {
  const shown = exampleVariables()
  for (const { name, default: value } of CONFIG_VARIABLES) {
    assert.equal(shown.get(name)?.value, value ?? '', name)
  }
})

test('every variable in .env.example carries its reason', () => {
  const text = read('.env.example')
  for (const { name, reason } of CONFIG_VARIABLES) {
    assert.ok(reason.trim().length > 10, name)
    assert.ok(text.includes(reason), `${name}: ${reason}`)
  }
})

test('a variable named in the documents exists', () => {
  const known = CONFIG_VARIABLES.map(({ name }) => name)
  const prefixes = [...new Set(known.map((name) => `${name.split('_')[0] ?? ''}_`))]
  for (const path of MARKDOWN) {
    const named = [...read(path).matchAll(/`([A-Z]{2,}(?:_[A-Z]+)+)`/g)].map((hit) => hit[1] ?? '')
    const unknown = named.filter(
      (name) => prefixes.some((prefix) => name.startsWith(prefix)) && !known.includes(name),
    )
    assert.deepEqual(unknown, [], path)
  }
})

test('docs/upload-states.md shows the state table and the holds of the code', () => {
  const page = read('docs/upload-states.md')
  assert.ok(page.includes(stateDiagram()), `expected:\n${stateDiagram()}`)
  assert.ok(page.includes(holdTable()), `expected:\n${holdTable()}`)
  for (const state of UPLOAD_STATES) assert.match(page, new RegExp(`^\\| \`${state}\` \\|`, 'm'))
})

test('docs/instrumentation.md lists every event with its level, and no other', () => {
  const listed = [
    ...read('docs/instrumentation.md').matchAll(/^\| `([a-z_.]+)` \| (debug|info|warn|error) \|/gm),
  ].map(([, name, level]) => `${name} ${level}`)
  const events = Object.entries(EVENT_LEVELS).map((event) => event.join(' '))
  assert.deepEqual(listed.toSorted(), events.toSorted())
})

test('docs/instrumentation.md lists every metric with its kind and labels', () => {
  const table = metricTable()
  assert.ok(read('docs/instrumentation.md').includes(table), `expected:\n${table}`)
})

test('README.md answers in the order in which a newcomer asks', () => {
  const headings = [...read('README.md').matchAll(/^## (.+)$/gm)].map((hit) => hit[1])
  assert.deepEqual(headings, [
    'Run it',
    'Use it',
    'Test it',
    'What it promises',
    'Rights in Genesys',
    'Read on',
  ])
  const [before] = read('README.md').split('## Run it')
  const words = (before ?? '')
    .replace(/^```mermaid[\s\S]*?^```/m, '')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
  assert.ok(words.length > 0 && words.length <= 5, `what it does: ${words.length} lines`)
})

test('the pages of reference are those that the code gives', () => {
  for (const [path, text] of Object.entries(referencePages())) {
    assert.ok(read(path) === text, `${path} is stale: run \`npm run reference\``)
  }
})

test('README.md fits on a screen or two, with a picture and the flow, and leads to the four groups of docs', () => {
  const readme = read('README.md')
  assert.ok(readme.split('\n').length <= 151, 'at most 150 lines')
  assert.match(readme, /!\[[^\]]+\]\(docs\/images\/console\.png\)/)
  assert.match(readme, /^```mermaid\nflowchart/m)
  for (const group of GROUPS) assert.ok(readme.includes(`- **${group}**`), group)
})

test('docs/README.md has each page once, by who reads it and what for', () => {
  const index = read('docs/README.md')
  assert.deepEqual(
    [...index.matchAll(/^## (.+)$/gm)].map((hit) => hit[1]),
    GROUPS,
  )
  const listed = [...index.matchAll(/^- \[[\w.-]+\]\(([\w-]+\.md)\)/gm)].map((hit) => hit[1] ?? '')
  const pages = globSync('*.md', { cwd: 'docs' }).filter((page) => page !== 'README.md')
  assert.deepEqual(
    listed.toSorted(),
    pages.toSorted(),
    'give a new page its line in docs/README.md',
  )
})

/** The anchor of a heading in the address of its page, as GitHub makes it. */
const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-')

test('a link into a page leads to one of its headings', () => {
  for (const path of MARKDOWN) {
    const folder = path.split('/').slice(0, -1).join('/') || '.'
    for (const [, page, anchor] of read(path).matchAll(/\]\((?!https?:)([^)#]*)#([^)]+)\)/g)) {
      const target = page === '' ? path : `${folder}/${page}`
      const anchors = [...read(target).matchAll(/^#+ (.+)$/gm)].map((hit) => anchorOf(hit[1] ?? ''))
      assert.ok(anchors.includes(anchor ?? ''), `${path}: ${target}#${anchor}`)
    }
  }
})

test('every problem or rejection code that the documents name is one that is served', () => {
  const { dependencies } = JSON.parse(read('package.json')) as { dependencies: object }
  const known = new Set(
    [
      PROBLEMS,
      REJECTIONS,
      UPLOAD_WARNINGS,
      FINDING_SEVERITIES,
      DEFINITION_FAULTS,
      EVIDENCE_CODES,
      dependencies,
      { 'demo-contacts': 1, 'webhook-id': 1, 'webhook-signature': 1 },
    ].flatMap((names) => Object.keys(names)),
  )
  // test/sandbox/server/docs.test.ts compares the names on the sandbox's page with its fault plan.
  for (const path of MARKDOWN.filter((page) => page !== 'docs/sandbox.md')) {
    const named = [...read(path).matchAll(/`([a-z]+(?:-[a-z]+)+)`/g)].map((hit) => hit[1] ?? '')
    assert.deepEqual(
      named.filter((name) => !known.has(name)),
      [],
      path,
    )
  }
})

test('docs/genesys-setup.md names every right that a refusal can name', () => {
  const page = read('docs/genesys-setup.md')
  const rights = globSync('src/genesys/**/*.ts').flatMap((path) =>
    [...read(path).matchAll(/\bright: '([^']+)'/g)].map((hit) => hit[1] ?? ''),
  )
  assert.ok(rights.length > 10)
  assert.deepEqual(
    rights.filter((right) => !page.includes(`\`${right}\``)),
    [],
  )
})

test('every npm script named in the documents exists', () => {
  const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> }
  for (const path of MARKDOWN) {
    const named = [...read(path).matchAll(/npm run (?:-s )?([a-z:]+)/g)].map((hit) => hit[1] ?? '')
    assert.deepEqual(
      named.filter((name) => !(name in scripts)),
      [],
      path,
    )
  }
})

test('every file and folder that the documents name or link exists', () => {
  for (const path of MARKDOWN) {
    const folder = path.split('/').slice(0, -1).join('/') || '.'
    const links = [...read(path).matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(
      (hit) => `${folder}/${hit[1] ?? ''}`,
    )
    const named = [
      ...read(path).matchAll(/`((?:src|test|docs|examples|bench|openapi)\/[\w./-]+)`/g),
    ].map((hit) => hit[1] ?? '')
    assert.deepEqual(
      [...links, ...named].filter((target) => !existsSync(target)),
      [],
      path,
    )
  }
})

test('the promises of README.md each name a test that exists, or the release that brings it', () => {
  const rows = [...read('README.md').matchAll(/^\| P(\d+) \|.*$/gm)].map((hit) => hit[0])
  assert.equal(rows.length, 10)
  for (const row of rows) assert.match(row, /`test\/[\w./-]+\.test\.ts`|not built yet/)
})

test('the changelog keeps an Unreleased part on top', () => {
  const versions = [...read('CHANGELOG.md').matchAll(/^## \[(.+?)\]/gm)].map((hit) => hit[1])
  assert.equal(versions[0], 'Unreleased')
})
