import { readFileSync } from 'node:fs'

/** A test of a control: its file, and a text that its name contains. */
export type ControlTest = { path: string; name: string }
export type Control = { id: string; about: string; tests: ControlTest[] }

const readTests = (cell: string): ControlTest[] =>
  cell.split('<br>').map((part) => {
    const [, path = '', name = ''] = /^`([^`]+)` (.+)$/u.exec(part.trim()) ?? []
    return { path, name }
  })

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
