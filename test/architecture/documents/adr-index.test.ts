import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { test } from 'node:test'

import { adrFaults } from './adr-index.ts'

test('the index of decisions names each of them by number and title', () => {
  const pages = Object.fromEntries(
    globSync('docs/adr/[0-9]*.md').map((path) => [basename(path), readFileSync(path, 'utf8')]),
  )
  assert.ok(Object.keys(pages).length >= 20)
  assert.deepEqual(adrFaults(readFileSync('docs/adr/README.md', 'utf8'), pages), [])
})

test('a decision without a line, one with another title, a gap and a dead link are caught', () => {
  const page = (title: string): string =>
    `# ${title}\n\n## Context\nx\n\n## Decision\nx\n\n## Consequences\nx\n`
  const line = (number: number, title: string, file: string): string =>
    `\n| ${number} | [${title}](${file}) | x |\n`
  const one = { '0001-a.md': page('1. A') }
  assert.deepEqual(adrFaults(line(1, 'A', '0001-a.md'), one), [])
  assert.match(adrFaults('', one).join(), /0001-a.md has no line/)
  assert.match(adrFaults(line(1, 'B', '0001-a.md'), one).join(), /has no line/)
  assert.match(
    adrFaults(line(1, 'A', '0001-a.md') + line(2, 'C', '0002-c.md'), one).join(),
    /0002-c.md is not there/,
  )
  assert.match(adrFaults('', { '0002-b.md': page('2. B') }).join(), /should be number 1/)
  assert.match(adrFaults('', { '0001-a.md': '# 1. A\n' }).join(), /lacks Decision/)
})
