import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { test } from 'node:test'

import { readSources, wrongCitations } from './sources.ts'

const sources = readSources(readFileSync('docs/sources.md', 'utf8'))
const files = globSync(['{src,test,examples,bench}/**/*.{ts,sql}', '*.md', 'docs/**/*.md']).filter(
  (path) => path !== 'docs/sources.md' && !path.startsWith('test/architecture/documents/sources'),
)

test('every text outside of the repository that a comment names has its place in docs/sources.md', () => {
  assert.ok(files.length > 300)
  assert.deepEqual(
    files.flatMap((path) =>
      wrongCitations(path, readFileSync(path, 'utf8'), sources).map((found) => `${path}: ${found}`),
    ),
    [],
    'Cite as [source] or [source: part], and give source and part a line in docs/sources.md.',
  )
})

test('a citation of a source or a part that the page does not have is caught, in code, SQL and docs', () => {
  const known = readSources(
    '# Sources\n\n## guide-api\n\n| part | what |\n|---|---|\n| Contacts | x |\n',
  )
  const wrong = (path: string, text: string) => wrongCitations(path, text, known)
  assert.deepEqual(wrong('a.ts', '/** As said [guide-api: Contacts], and [guide-api]. */'), [])
  assert.deepEqual(wrong('a.ts', '/** As said [guide-api: Tokens]. */'), ['[guide-api: Tokens]'])
  assert.deepEqual(wrong('a.ts', '// As said [old-notes: 3].'), ['[old-notes: 3]'])
  assert.deepEqual(wrong('a.sql', '-- 60 s [design: 3]'), ['[design: 3]'])
  assert.deepEqual(wrong('a.md', 'It takes 60 s [design: 3].'), ['[design: 3]'])
  assert.deepEqual(wrong('a.ts', 'type Case = [path: string, text: string]'), [])
  assert.deepEqual(wrong('a.ts', '// ids are [a-z][a-z0-9-]*'), [])
})

test('a source that is named loosely is caught', () => {
  for (const text of [
    '(guide-api, "Contacts")',
    '(design, section 6)',
    'as guide 001 says',
    'S-14: not idle',
    '(research, 2.5.4)',
    '(docs/sources.md)',
    '(platform API, section 2.5)',
  ]) {
    assert.equal(wrongCitations('a.ts', `/** ${text} */`, sources).length, 1, text)
  }
})

test('every source says what it is', () => {
  assert.ok(sources.size >= 8)
  for (const section of readFileSync('docs/sources.md', 'utf8').split(/^## /m).slice(1)) {
    assert.match(section, /^[a-z0-9-]+\n\n[A-Z].{40,}/, section.slice(0, 40))
  }
})
