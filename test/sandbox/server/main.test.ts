import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { test } from 'node:test'

test('the sandbox runs alone, says how to point the gateway to it, and stops on SIGTERM', async () => {
  const child = spawn(process.execPath, ['src/sandbox/main.ts', '--port', '0'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const seen: string[] = []
  let url = ''
  for await (const line of createInterface({ input: child.stdout })) {
    seen.push(line)
    const found = /on (http:\S+)$/.exec(line)?.[1]
    if (found) url = found
    if (line.includes('/_sandbox/faults')) break
  }
  assert.ok(seen.some((line) => line.includes(`GENESYS_API_URL=${url}`)))
  assert.equal((await fetch(`${url}/_sandbox/ledger`)).status, 200)
  const ended = once(child, 'exit')
  child.kill('SIGTERM')
  assert.deepEqual(await ended, [0, null])
})
