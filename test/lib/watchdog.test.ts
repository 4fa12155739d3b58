import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'

const WATCHDOG = new URL('../../src/lib/watchdog.ts', import.meta.url).href

const CLOCK = new URL('../../src/lib/clock.ts', import.meta.url).href

const run = async (then: string) => {
  const program = `import { startWatchdog } from ${JSON.stringify(WATCHDOG)}
    import { systemClock } from ${JSON.stringify(CLOCK)}
    startWatchdog(systemClock, { lookMs: 50, looks: 10 }); ${then}`
  const child = spawn(process.execPath, ['--input-type=module', '--eval', program], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const said = text(child.stderr)
  const [code, signal] = (await once(child, 'exit')) as [number | null, string | null]
  return { code, signal, said: await said }
}

test('a process whose event loop is blocked is ended from outside the loop, and the log says so', async () => {
  const { signal, said } = await run('setTimeout(() => { for (;;); }, 100)')
  assert.equal(signal, 'SIGKILL')
  assert.match(said, /"event":"process.loop_dead"/)
})

test('one whose loop turns is left alone', async () => {
  const ended = await run('setTimeout(() => process.exit(0), 1_500)')
  assert.deepEqual(ended, { code: 0, signal: null, said: '' })
})
