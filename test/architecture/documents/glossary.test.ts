import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { test } from 'node:test'

import { forbiddenIn, forbiddenWords } from './glossary.ts'

const GLOSSARY = 'docs/glossary.md'
const words = forbiddenWords(readFileSync(GLOSSARY, 'utf8'))

test('no public text uses a word that the glossary refuses', () => {
  const pages = [...globSync('docs/**/*.md'), 'README.md', 'SECURITY.md', 'ARCHITECTURE.md']
  const others = ['openapi/openapi.json', 'src/console/texts/en.json', '.env.example']
  const found = [...pages, ...others, 'CONTRIBUTING.md', 'deploy/prometheus/alerts.yml']
    .filter((path) => path !== GLOSSARY)
    .flatMap((path) =>
      forbiddenIn(readFileSync(path, 'utf8'), words).map((word) => `${path}: ${word}`),
    )
  assert.deepEqual(found, [])
})

test('a refused word is found in any case, and not in a block of code or in a longer word', () => {
  assert.ok(words.includes('unless told'))
  const planted = 'It is `a` Unless told.\n\n```sh\nmay be right now\n```\n\nunless toldest'
  assert.deepEqual(forbiddenIn(planted, words), ['unless told', 'told'])
})
