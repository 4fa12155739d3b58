import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { test } from 'node:test'

import { forbiddenIn, forbiddenWords, turnsIn } from './glossary.ts'

const GLOSSARY = 'docs/glossary.md'
const words = forbiddenWords(readFileSync(GLOSSARY, 'utf8'))
const texts = [
  ...globSync('docs/**/*.md').filter((path) => path !== GLOSSARY),
  ...['README.md', 'SECURITY.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md', 'CHANGELOG.md'],
  ...['openapi/openapi.json', 'src/console/texts/en.json', '.env.example'],
  ...['deploy/prometheus/alerts.yml', 'docker-compose.yml'],
  ...['bench/README.md', 'examples/README.md', ...globSync('src/*/README.md')],
].map((path) => ({ path, text: readFileSync(path, 'utf8') }))

test('no public text uses a word that the glossary refuses', () => {
  const found = texts.flatMap(({ path, text }) =>
    forbiddenIn(text, words).map((word) => `${path}: ${word}`),
  )
  assert.deepEqual(found, [])
})

test('no public text uses a turn of phrase that readers stumble over', () => {
  const found = texts.flatMap(({ path, text }) => turnsIn(text).map((turn) => `${path}: ${turn}`))
  assert.deepEqual(found, [])
})

test('a refused word is found in any case, and not in a block of code or in a longer word', () => {
  assert.ok(words.includes('unless told'))
  const planted = 'It is `a` Unless told.\n\n```sh\nmay be right now\n```\n\nunless toldest'
  assert.deepEqual(forbiddenIn(planted, words), ['unless told', 'told'])
})

test('each refused turn is found, and the plain one is not', () => {
  const planted = [
    'It dials by the rules before.',
    'Entries suppress from the 202 on.',
    'The byte is no character.',
    'It has another type than the name.',
    'A list of this name is there.',
    'It is the variable, else the law.',
    'It makes 300 calls a minute.',
    'The upload is held, `dnc_stale`.',
    '| memory | 1 | the same |',
  ]
  assert.deepEqual(
    planted.map((text) => turnsIn(text).length),
    planted.map(() => 1),
  )
  const plain =
    'The rules before the change stay. There is no list, and nothing else is no longer so.'
  assert.deepEqual(turnsIn(plain), [])
})
