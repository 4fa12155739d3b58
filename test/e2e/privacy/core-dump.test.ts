import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { test } from 'node:test'

import { embeddedHome } from '../../support/databases/database.ts'
import { ADMIN_KEY } from '../../support/gateway/gateway-process.ts'

const PROJECT = join(import.meta.dirname, '..', '..', '..')
const { scripts } = JSON.parse(readFileSync(join(PROJECT, 'package.json'), 'utf8')) as {
  scripts: { start: string }
}

/** Files that a dying process might leave in the directory where it was started. */
const leftBehind = (): string[] =>
  readdirSync(PROJECT).filter((name) => /^core|^report\..*json$|heapsnapshot$/u.test(name))

test('a gateway that `npm start` started and that aborts leaves no image of its memory, where the system would have one', async () => {
  const home = embeddedHome()
  const place = await home.fresh()
  assert.ok(place.kind === 'embedded')
  const before = leftBehind()
  const child = spawn('sh', ['-c', `ulimit -c unlimited 2>/dev/null; ${scripts.start}`], {
    cwd: PROJECT,
    env: {
      PATH: process.env['PATH'],
      PORT: '0',
      DATA_DIR: place.dataDir,
      ADMIN_API_KEY: ADMIN_KEY,
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  try {
    const ended = once(child, 'exit')
    const lines = createInterface({ input: child.stdout })
    for await (const line of lines) if (line.includes('process.started')) break
    // By now, the shell has been replaced by the gateway.
    const limits = readFileSync(`/proc/${child.pid!}/limits`, 'utf8')
    assert.match(limits, /^Max core file size\s+0\s+0\s/mu)
    child.kill('SIGABRT')
    assert.deepEqual(await ended, [null, 'SIGABRT'])
    assert.deepEqual(leftBehind(), before)
  } finally {
    child.kill('SIGKILL')
    await home.close()
  }
})
