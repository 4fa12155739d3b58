import assert from 'node:assert/strict'
import { after, before, beforeEach, it } from 'node:test'

import type { Store } from '../../../src/store/homes/open-store.ts'
import type { UpkeepClaim } from '../../../src/workflows/ports/retention/retention.ts'
import { eachHome, openTestStore } from '../../support/databases/database.ts'

const CHUNKS = 50
const ENTRIES_A_CHUNK = 200
/** One transaction deletes at most this many entries here: 20 chunks. */
const MOST_AT_ONCE = 4_000

/**
 * One statement deleted 20 submissions with all their entries, or 200 uploads with the outcomes of
 * all their rows. Two million entries took 13 s, so nine million took longer than a statement may
 * take. Then nothing was deleted, and the next try did the same.
 */
eachHome('However large the records past their retention are', (home) => {
  let store: Store
  let claim: UpkeepClaim
  const run = async (text: string) => (await store.sql.executeSql(text)).rows
  const count = async (from: string): Promise<number> =>
    ((await run(`select count(*)::int as n from ${from}`))[0] as { n: number }).n
  before(async () => {
    store = await openTestStore(await home.fresh())
    await store.access.ensureAdmin({ digest: Buffer.alloc(32, 3), scopes: ['admin'] })
  })
  beforeEach(async () => {
    await run(
      `update database_clock set seen_at = clock_timestamp(), doubted_from = null, off_ms = null`,
    )
    await run(
      `update upkeep set lease_until = null, ready_at = case task when 'retention' then clock_timestamp() else 'infinity' end`,
    )
    claim = (await store.upkeep.claim('me'))!
  })
  after(() => store.close())

  it('one transaction deletes some chunks of a do-not-call submission, each with its entries', async () => {
    const entries = CHUNKS * ENTRIES_A_CHUNK
    await run(`insert into dnc_submission (id, tenant_id, dnc_list_id, kind, state, epoch, read, accepted, actor, request_id, owner, accepted_at, applied_at)
      select 'dnc_' || n, 'default', 'd', 'add', 'applied', n, ${entries}, ${entries}, 'me', 'req', 'me', '2010-01-01Z', '2010-01-01Z'
      from generate_series(1, 2) as n`)
    await run(`insert into dnc_chunk (submission, seq, first_line, last_line, entries, payload)
      select s.number, c, c * ${ENTRIES_A_CHUNK}, c * ${ENTRIES_A_CHUNK} + 1, ${ENTRIES_A_CHUNK}, ''
      from dnc_submission s, generate_series(0, ${CHUNKS - 1}) as c`)
    await run(`insert into dnc_entry (subject, submission, scope, chunk_seq, place, subject_kind, reason, outcome, expires_at)
      select md5(n::text)::uuid, s.number, 0, n / ${ENTRIES_A_CHUNK}, n % ${ENTRIES_A_CHUNK}, 1, 2, 1, '2011-01-01Z'
      from dnc_submission s, generate_series(0, ${entries - 1}) as n`)
    await run(`insert into dnc_group (id, submission, chunk_seq, places, entries, reason, idempotency_key, state)
      select md5(s.number || '-' || c)::uuid, s.number, c, '\\x00', 200, 1, 'k', 'settled' from dnc_submission s, generate_series(0, ${CHUNKS - 1}) as c`)
    const left = [await count('dnc_entry')]
    for (let more = true; more;) {
      const lot = await store.upkeep.retention.sweep(claim, 'do-not-call-submissions')
      assert.ok(lot !== null)
      more = lot.more
      left.push(await count('dnc_entry'))
      assert.equal((await count('dnc_chunk')) * ENTRIES_A_CHUNK, left.at(-1))
    }
    const deleted = left.slice(1).map((now, at) => left[at]! - now)
    assert.ok(Math.max(...deleted) <= MOST_AT_ONCE, deleted.join(', '))
    assert.deepEqual(
      [await count('dnc_entry'), await count('dnc_group'), await count('dnc_submission')],
      [0, 0, 0],
    )
  })

  it('one transaction deletes uploads of about a million rows', async () => {
    await run(`insert into upload (id, tenant_id, contact_list_id, lane_key, accepted_seq, state, mode, duplicates, method, source,
        schema_version, request_id, owner, rows_read, rows_accepted, rows_unprocessed, created_at, completed_at)
      select 'upl_' || n, 'default', 'l', 'contact_list:l', n, 'completed', 'append', 'update', 'batches', '{}',
        '1', 'req', 'me', 600000, 600000, 600000, '2020-01-01Z', '2020-01-01Z' from generate_series(1, 5) n`)
    const deleted: number[] = []
    for (let more = true; more;) {
      const lot = await store.upkeep.retention.sweep(claim, 'upload-records')
      assert.ok(lot !== null)
      more = lot.more
      deleted.push(lot.deleted)
    }
    assert.deepEqual([deleted, await count('upload')], [[2, 2, 1, 0], 0])
  })
})
