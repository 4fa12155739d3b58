import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'

import { createGatewayClient } from '../../support/gateway/gateway-client.ts'
import { ADMIN_KEY, startGateway } from '../../support/gateway/gateway-process.ts'

const CSV =
  'customerId,firstName,lastName,phoneNumber,email\nC-1,Ada,L,+12125550123,ada@example.com\n'
const BUGS = {
  'thrown in a timer': `setTimeout(() => { throw new Error('planted +12125550199') }, 0)`,
  'a rejection that nobody awaits': `void Promise.reject(new Error('planted +12125550199'))`,
}

for (const [what, bug] of Object.entries(BUGS)) {
  test(`a bug, ${what}, ends the process with code 1, and the next start finds everything that was accepted`, async (t) => {
    const directory = mkdtempSync(join(tmpdir(), 'bug-'))
    t.after(() => rmSync(directory, { recursive: true }))
    const planted = join(directory, 'planted.mjs')
    writeFileSync(planted, `process.on('SIGUSR2', () => { ${bug} })\n`)
    const environment = { DATA_DIR: join(directory, 'data') }
    const gateway = await startGateway({ ...environment, NODE_OPTIONS: `--import=${planted}` })
    const taken = await createGatewayClient(gateway.address, ADMIN_KEY).upload(
      'demo-contacts',
      CSV,
      {
        ...{ key: 'before-the-bug', query: 'missingColumns=empty' },
      },
    )
    assert.equal(taken.status, 202, taken.text)
    process.kill(gateway.pid, 'SIGUSR2')
    assert.deepEqual(await gateway.exited, { code: 1, signal: null })
    const said = gateway.output.join('\n')
    assert.match(
      said,
      /"level":"fatal","event":"process\.(?:uncaughtException|unhandledRejection)"/u,
    )
    assert.doesNotMatch(said, /12125550199/u, 'the message of a bug may hold what a caller sent')
    const next = await startGateway(environment)
    const client = createGatewayClient(next.address, ADMIN_KEY)
    const kept = await client.call<{ id: string }>(`/v1/uploads/${taken.body.id}`)
    assert.equal(kept.status, 200)
    await next.stop()
  })
}
