import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { pathToFileURL } from 'node:url'

import { openTestStore, serverHome, TEST_KEYS } from '../../support/databases/database.ts'
import { freePort } from '../../support/gateway/free-port.ts'
import { sandboxEnv, startGateway } from '../../support/gateway/gateway-process.ts'
import { stageUpload } from '../../support/stages/store-uploads.ts'

const server = serverHome()
const LATE = join(import.meta.dirname, '..', '..', 'support', 'gateway', 'listen-late.mjs')

/**
 * A gateway whose port is taken ends at this point of its start. If a lane were at work already,
 * rows could be in flight then, and their outcome would be unknown.
 */
describe('A gateway whose port is not open yet', { skip: server.skip }, () => {
  after(() => server.close())

  it('claims no lane, and claims it as soon as the port is open', async (t) => {
    const home = await server.fresh()
    assert.ok(home.kind === 'server')
    const store = await openTestStore(home)
    t.after(() => store.close())
    await stageUpload(store)
    const directory = mkdtempSync(join(tmpdir(), 'listen-late-'))
    t.after(() => rmSync(directory, { recursive: true }))
    const opened = join(directory, 'now')
    const starting = Promise.withResolvers<void>()
    const started = startGateway(
      {
        ...sandboxEnv('http://127.0.0.1:9', 'guide'),
        NODE_OPTIONS: `--import=${pathToFileURL(LATE).href}`,
        LISTEN_WHEN: opened,
        LOG_LEVEL: 'debug',
        PORT: String(await freePort()),
        DATABASE_URL: home.url,
        ENCRYPTION_KEYS: TEST_KEYS.map(({ id, key }) => `${id}:${key.toString('base64')}`).join(),
        DATA_DIR: directory,
      },
      undefined,
      ({ event }) => {
        if (event === 'listen.asked') starting.resolve()
      },
    )
    started.catch(starting.reject)
    await starting.promise
    const probe = await store.lanes.claim('probe')
    assert.ok(probe !== null, 'the gateway holds the lane already')
    await store.lanes.release(probe, 0)
    writeFileSync(opened, '')
    const gateway = await started
    t.after(() => gateway.kill())
    await gateway.event('lane.claimed')
  })
})
