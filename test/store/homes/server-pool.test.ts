import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'

import { StoreUnavailable } from '../../../src/domain/problems/store-unavailable.ts'
import type { Store } from '../../../src/store/homes/open-store.ts'
import { type OtherSession, openOtherSession } from '../../support/databases/blocked.ts'
import { openTestStore } from '../../support/databases/database.ts'
import { type PostgresServer, startPostgres } from '../../support/databases/postgres-server.ts'
import { standbySkip } from '../../support/databases/postgres-standby.ts'
import {
  beginUpload,
  chunkOf,
  claimKey,
  ids,
  stageInput,
} from '../../support/stages/store-uploads.ts'

describe('The connections to a server', { skip: standbySkip(), timeout: 60_000 }, () => {
  let server: PostgresServer
  let store: Store
  let admin: OtherSession
  before(async () => {
    server = await startPostgres({})
    const { host } = new URL(server.url)
    // Nothing listens at the first host.
    const url = `postgres://postgres@127.0.0.1:1,${host}/postgres`
    store = await openTestStore({ kind: 'server', url })
    admin = await openOtherSession(server.url)
    await admin.query('set synchronous_commit = local')
  })
  after(async () => {
    await admin.close()
    await store.close()
    await server.stop()
  })

  const reload = async (setting: string): Promise<void> => {
    await admin.query(`alter system ${setting}`)
    await admin.query('select pg_reload_conf()')
  }

  it('a commit that its standby may not have is of unknown outcome, and not a success', async () => {
    const uploadId = await beginUpload(store)
    const chunk = chunkOf(0, 2, ['a'])
    await store.uploads.appendChunks(uploadId, [chunk])
    const key = ids.newUuid()
    await claimKey(store, key)
    await reload(`set synchronous_standby_names = 'missing'`)
    const staged = store.uploads.stage(stageInput(uploadId, chunk, key))
    staged.catch(() => undefined)
    for (;;) {
      const { rows } = await admin.query<{ pid: number }>(
        `select pg_cancel_backend(pid) from pg_stat_activity where wait_event = 'SyncRep'`,
      )
      if (rows.length > 0) break
    }
    await assert.rejects(staged, StoreUnavailable)
    await reload('reset synchronous_standby_names')
    // The upload exists, and a caller that repeats the call with the same key gets it.
    assert.equal((await store.uploads.find('default', uploadId))?.state, 'staged')
    assert.equal((await claimKey(store, key)).kind, 'done')
  })

  it('to a primary that takes no writes any more are not used again, idle ones included', async () => {
    await Promise.all(Array.from({ length: 4 }, () => store.home.ping()))
    await reload('set default_transaction_read_only = on')
    for (;;) {
      const { rows } = await admin.query<{ on: string }>(
        `select current_setting('default_transaction_read_only') as on`,
      )
      if (rows[0]?.on === 'on') break
    }
    await assert.rejects(store.home.ping(), /takes no writes/)
    await assert.rejects(store.home.ping(), /takes no writes/)
    await reload('set default_transaction_read_only = off')
    for (;;) {
      const { rows } = await admin.query<{ on: string }>(
        `select current_setting('default_transaction_read_only') as on`,
      )
      if (rows[0]?.on === 'off') break
    }
    await store.home.ping()
  })
})
