import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'

import { sha256 } from '../../src/lib/digest.ts'
import type { Store } from '../../src/store/homes/open-store.ts'
import { openTestStore, serverHome } from '../support/databases/database.ts'
import { smallUpload } from '../support/databases/small-uploads.ts'
import { audit } from '../support/stages/store-uploads.ts'

/**
 * A server keeps the plan of a statement that has a name. It made one plan while the tables were
 * nearly empty and their statistics unknown. That plan read all keys, and all uploads of the list,
 * for each new upload. The more uploads there were, the slower it was, until the tables were
 * analysed.
 */

const home = serverHome()
const BEFORE = 60
const LATER = 200

describe('Plans of a young database', { skip: home.skip }, () => {
  let store: Store
  before(async () => {
    store = await openTestStore(await home.fresh())
    await store.access.ensureAdmin({ digest: sha256('key'), scopes: ['admin'] })
  })
  after(async () => {
    await store.close()
    await home.close()
  })

  /** One upload after the other, so that each statement uses the same connection and its plans. */
  const upload = async (count: number): Promise<void> => {
    for (let n = 0; n < count; n += 1) {
      const small = smallUpload()
      const { method, path, key } = small.staging.claim
      const asked = { keyDigest: sha256('key'), listId: 'list-1', method, path }
      const { claim } = await store.smallUploads.read({ ...asked, idempotencyKey: key })
      assert.equal(claim, 'free')
      assert.equal((await store.smallUploads.stage(small)).kind, 'staged')
    }
  }

  const readSoFar = async (...tables: string[]): Promise<number> => {
    await store.sql.executeSql('select pg_stat_force_next_flush()')
    const { rows } = await store.sql.executeSql(
      `select (select sum(seq_tup_read) from pg_stat_user_tables where relname = any($1::text[]))
        + (select sum(idx_tup_read) from pg_stat_user_indexes where relname = any($1::text[])) as entries`,
      [tables],
    )
    return Number((rows[0] as { entries: string }).entries)
  }

  /** Webhooks that wait, each of which is then delivered. */
  const deliver = async (from: number, count: number): Promise<void> => {
    await store.sql.executeSql(
      `insert into sync_delivery (id, tenant_id, endpoint_id, event_type, object, body)
        select 'msg_' || n, 'default', 'whe_1', 'upload.completed', 'upl_' || n, '{}'
        from generate_series($1::int, $2::int) as n`,
      [from, from + count - 1],
    )
    for (let n = from; n < from + count; n += 1) {
      const result = {
        state: 'delivered',
        status: 200,
        audit: audit('sync.delivered', `upl_${n}`),
      } as const
      await store.sync.record(`msg_${n}`, result)
    }
  }

  it('read as little of keys and uploads when hundreds have come as when few had', async () => {
    await upload(BEFORE)
    await store.sql.executeSql('discard plans')
    const earlier = await readSoFar('upload', 'idempotency_key')
    await upload(LATER)
    const entries = (await readSoFar('upload', 'idempotency_key')) - earlier
    assert.ok(entries < LATER * 10, `${entries} entries were read for ${LATER} uploads`)
  })

  it('record a webhook without reading those that were recorded before', async () => {
    await store.sql
      .executeSql(`insert into sync_endpoint (id, tenant_id, name, url, secret, secret_key_id, source)
      values ('whe_1', 'default', 'crm', 'https://crm.example', '', 'test', 'registered'),
        ('whe_2', 'default', 'dms', 'https://dms.example', '', 'test', 'registered')`)
    await store.sql.executeSql(
      `update sync_endpoint set consecutive_failures = 9 where id = 'whe_2'`,
    )
    await store.sql
      .executeSql(`insert into sync_delivery (id, tenant_id, endpoint_id, event_type, object, body)
      select 'msg_failing_' || n, 'default', 'whe_2', 'x', 'x', '{}' from generate_series(1, 300) as n`)
    await deliver(0, BEFORE)
    await store.sql.executeSql('discard plans')
    const earlier = await readSoFar('sync_delivery')
    await deliver(BEFORE, LATER)
    const entries = (await readSoFar('sync_delivery')) - earlier
    assert.ok(entries < LATER * 10, `${entries} entries were read for ${LATER} webhooks`)
    const { rows } = await store.sql.executeSql(
      `select count(*)::int as n from sync_delivery where state = 'delivered'`,
    )
    assert.deepEqual(rows, [{ n: BEFORE + LATER }])
  })
})
