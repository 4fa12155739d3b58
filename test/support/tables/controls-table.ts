import { readFileSync } from 'node:fs'

/**
 * A test of a control. `suite`: the name of its suite, or "" if the page names none. `name`: a part
 * of the test's name, with `…` for the parts that differ among generated tests.
 */
export type ControlTest = { path: string; suite: string; name: string }
export type Control = { id: string; about: string; tests: ControlTest[] }

const readTests = (cell: string): ControlTest[] =>
  cell.split('<br>').map((part) => {
    const [, path = '', title = ''] = /^`([^`]+)` (.+)$/u.exec(part.trim()) ?? []
    const [suite = '', name] = title.split(' › ')
    return name === undefined ? { path, suite: '', name: suite } : { path, suite, name }
  })

/** Whether the text contains the name, with any text in place of each `…`. */
export const contains = (text: string, name: string): boolean =>
  name.split('…').every((piece) => text.includes(piece.trim()))

/** The rows of the table in `docs/security.md`. */
export const readControls = (page = readFileSync('docs/security.md', 'utf8')): Control[] =>
  page
    .split('\n')
    .filter((line) => /^\| `S-\d/u.test(line))
    .map((line) => {
      const [id = '', about = '', tests = ''] = line
        .slice(1, -1)
        .split('|')
        .map((cell) => cell.trim())
      return { id: id.replaceAll('`', ''), about, tests: readTests(tests) }
    })
