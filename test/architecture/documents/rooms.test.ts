import assert from 'node:assert/strict'
import { existsSync, globSync, readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'

import { LAYERS } from '../import-table.ts'

const rooms = readdirSync('src', { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name)
const pageOf = (room: string): string => readFileSync(`src/${room}/README.md`, 'utf8')

/** The paths that a page names in code marks and that do not exist in the project. */
const lostPaths = (page: string): string[] =>
  [...page.matchAll(/`((?:src|test|docs|bench|deploy|examples|\.ci)\/[^`\s<]*)`/g)]
    .map(([, path = '']) => path)
    .filter((path) => !existsSync(path))

test('every room of src says what lives there, what may be touched and where to start', () => {
  assert.ok(rooms.length > 10)
  for (const room of rooms) {
    const page = pageOf(room)
    assert.match(page, new RegExp(`^# ${room}\n\n[A-Z]`), room)
    assert.match(page, /\n## What may be touched\n\n[A-Z]/, room)
    assert.match(page, /\n## Where to start\n\n[`A-Z]/, room)
    assert.ok(page.split('\n').length <= 25, `${room}: a page that is read in a minute`)
  }
})

test('every room says by whom it may be helped, as the import table does', () => {
  for (const room of rooms) {
    const { mayImport } = LAYERS[room] ?? LAYERS[`${room}.ts`] ?? { mayImport: [] }
    const names = mayImport.map((name) => (name === 'everything' ? name : `\`${name}\``))
    const line = `\nMay import: ${names.join(', ') || 'nothing'}.\n`
    assert.ok(pageOf(room).includes(line), `src/${room}/README.md should say:${line}`)
  }
})

test('paths in the documents lead somewhere', () => {
  const pages = globSync(['*.md', 'docs/**/*.md', 'src/*/README.md']).filter(
    (path) => path !== 'CHANGELOG.md' && !/adr\/\d/.test(path),
  )
  assert.ok(pages.length > 25, `only ${pages.length} pages seen`)
  const lost = pages.flatMap((path) =>
    lostPaths(readFileSync(path, 'utf8')).map((found) => `${path}: ${found}`),
  )
  assert.deepEqual(lost, [])
})

test('a path that leads nowhere is caught', () => {
  assert.deepEqual(lostPaths('See `src/lib/clock.ts` and `src/lib/clocks.ts`.'), [
    'src/lib/clocks.ts',
  ])
})
