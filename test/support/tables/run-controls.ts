import { once } from 'node:events'
import { run } from 'node:test'

import { contains, readControls } from './controls-table.ts'

/**
 * `npm run controls [-- ID …]` runs the tests that docs/security.md names, and prints every control
 * with their results. Exits with 1 if a test failed, did not run or was skipped.
 */
const asked = new Set(process.argv.slice(2))
const controls = readControls().filter(({ id }) => asked.size === 0 || asked.has(id))
const files = [...new Set(controls.flatMap(({ tests }) => tests.map(({ path }) => path)))]

type Ended = { file: string; name: string; passed: boolean }
const ended: Ended[] = []
const figures = new Map<string, string[]>()

const stream = run({ files, concurrency: 2 })
stream.on('test:diagnostic', ({ file, message }) => {
  if (
    file === undefined ||
    /^(?:tests|suites|pass|fail|cancelled|skipped|todo|duration_ms) /u.test(message)
  )
    return
  figures.set(file, [...(figures.get(file) ?? []), message])
})
type Event = { file?: string; name: string; skip?: string | boolean; todo?: string | boolean }
const note = (passed: boolean) => (event: Event) => {
  const { file = '', name, skip = false, todo = false } = event
  // A test that was skipped proves nothing.
  ended.push({ file, name, passed: passed && skip === false && todo === false })
}
stream.on('test:pass', note(true))
stream.on('test:fail', note(false))
await once(stream.resume(), 'end')

let red = 0
for (const { id, about, tests } of controls) {
  const told = new Set<string>()
  const states = tests.map(({ path, name }) => {
    const plain = name.replaceAll(/`/gu, '')
    const found = ended.filter(
      (one) => one.file.endsWith(path) && contains(one.name.replaceAll(/`/gu, ''), plain),
    )
    for (const figure of figures.get(found[0]?.file ?? '') ?? []) told.add(figure)
    // The name in the table may be a part of the names of several generated tests.
    const ran = found.length > 0 ? found : ended.filter((one) => one.file.endsWith(path))
    return ran.length > 0 && ran.every(({ passed }) => passed)
  })
  const good = states.filter(Boolean).length
  if (good < tests.length) red += 1
  process.stdout.write(`${id} ${good}/${tests.length} ${about}\n`)
  for (const figure of told) process.stdout.write(`     ${figure}\n`)
}
process.stdout.write(`${controls.length - red} of ${controls.length} controls hold\n`)
process.exitCode = red > 0 ? 1 : 0
