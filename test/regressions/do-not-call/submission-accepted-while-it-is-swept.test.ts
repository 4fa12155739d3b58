import assert from 'node:assert/strict'
import { test } from 'node:test'

import { StagingLost } from '../../../src/workflows/ports/uploads/uploads.ts'
import { openOtherSession } from '../../support/databases/blocked.ts'
import { openTestStore, serverHome } from '../../support/databases/database.ts'
import { receiveSubmission } from '../../support/do-not-call/dnc-submissions.ts'

const server = serverHome()

/**
 * A process that was frozen for more than a minute goes on, while the sweep of another instance
 * already deletes what it had received. The acceptance counted the chunks before it locked the
 * submission. So the caller got a 202 for entries that were gone, and nobody was suppressed.
 */
test(
  'a submission whose chunks are being swept is not accepted: its people would not be suppressed',
  { skip: server.skip, timeout: 60_000 },
  async (t) => {
    const home = await server.fresh()
    assert.ok(home.kind === 'server')
    const store = await openTestStore(home)
    const other = await openOtherSession(home.url)
    t.after(async () => {
      await other.close()
      await store.close()
      await server.close()
    })
    await store.access.ensureAdmin({ digest: Buffer.alloc(32, 3), scopes: ['admin'] })
    const people = [{ subject: '+12125550123' }, { subject: '+12125550124' }]
    const { id, accept } = await receiveSubmission(store, people, { chunkEntries: 1 })

    await other.query('begin')
    await other.query('select from dnc_submission for update')
    const swept = store.dncSubmissions.sweepReceiving(0)
    await other.untilBlocked('with dead as')
    const accepted = accept().then(
      () => 'accepted',
      (error: unknown) => error,
    )
    await other.untilBlocked('dnc_submission', 2)
    await other.query('commit')

    const end = await accepted
    await swept
    const { rows } = await other.query<{ entries: number; state: string | null }>(
      `select (select count(*)::int from dnc_entry) as entries,
        (select state from dnc_submission where id = '${id}') as state`,
    )
    assert.ok(end instanceof StagingLost, JSON.stringify({ end, ...rows[0] }))
    assert.deepEqual(rows[0], { entries: 0, state: null })
  },
)
