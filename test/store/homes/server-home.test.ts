import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'

import pg from 'pg'

import { StoreUnavailable } from '../../../src/domain/problems/store-unavailable.ts'
import {
  FINAL_STATES,
  HOLD_REASONS,
  LANE_STATES,
  UPLOAD_STATES,
} from '../../../src/domain/uploads/upload.ts'
import type { Store } from '../../../src/store/homes/open-store.ts'
import { BATCH_STATES } from '../../../src/workflows/ports/delivery/delivery.ts'
import { openTestStore, serverHome } from '../../support/databases/database.ts'
import { fillRegister } from '../../support/stages/sealed-rows.ts'
import { audit, ids, stageUpload } from '../../support/stages/store-uploads.ts'

const home = serverHome()

/**
 * Settles four uploads of the same contacts at the same time, every other one in the reverse order.
 */
const settleTogether = async (store: Store): Promise<void> => {
  const contacts = Array.from({ length: 2_000 }, (_, index) => `c${index}`)
  const work: (() => Promise<unknown>)[] = []
  for (let index = 0; index < 4; index += 1) {
    const upload = await stageUpload(store, { list: `list-${index}`, accepted: contacts })
    const claim = await store.lanes.claim('me')
    assert.ok(claim)
    const batchId = ids.newUuid()
    const batch = {
      id: batchId,
      chunkSeq: 0,
      fromRow: 0,
      toRow: 2_000,
      sent: Buffer.alloc(250, 255),
    }
    await store.delivery.intend(claim, upload.id, batch, audit('upload.batch.intended', upload.id))
    await fillRegister(store, 'shared', 0, [])
    await store.sql.executeSql(`update upload set contact_list_id = 'shared' where id = $1`, [
      upload.id,
    ])
    const order = index % 2 === 0 ? contacts : contacts.toReversed()
    work.push(() =>
      store.delivery.settle(claim, {
        uploadId: upload.id,
        batchId,
        counts: { delivered: 2_000, unchanged: 0, failed: 0, unprocessed: 0 },
        results: [],
        delivered: order.map((contactId, line) => ({
          contactId,
          contentHash: Buffer.alloc(16),
          line,
          row: line,
        })),
        audit: audit('upload.batch.settled', upload.id),
      }),
    )
  }
  await Promise.all(work.map((run) => run()))
}

/**
 * The number of deadlocks in the database. It is read after its sessions have ended, because it is
 * complete only then.
 */
const deadlocks = async (url: URL): Promise<number> => {
  const name = url.pathname.slice(1)
  const watcher = new URL(url)
  watcher.pathname = '/postgres'
  const client = new pg.Client({ connectionString: watcher.href })
  await client.connect()
  try {
    for (;;) {
      const open = await client.query('select 1 from pg_stat_activity where datname = $1', [name])
      if (open.rows.length === 0) break
    }
    const { rows } = await client.query(
      'select deadlocks from pg_stat_database where datname = $1',
      [name],
    )
    return Number(rows[0].deadlocks)
  } finally {
    await client.end()
  }
}

describe('The server home', { skip: home.skip }, () => {
  after(() => home.close())

  it('never deadlocks over the same contacts, whatever their order', async () => {
    const place = await home.fresh()
    assert.ok(place.kind === 'server')
    const store = await openTestStore(place)
    await settleTogether(store)
    await store.close()
    assert.equal(await deadlocks(new URL(place.url)), 0)
  })

  it('opens from several instances at once with one digest key', async () => {
    const place = await home.fresh()
    const stores = await Promise.all([
      openTestStore(place),
      openTestStore(place),
      openTestStore(place),
    ])
    const keys = new Set(stores.map((store) => store.digestKey.toString('hex')))
    for (const store of stores) await store.close()
    assert.equal(keys.size, 1)
  })

  it('says that it is unavailable when nothing listens', async () => {
    const nowhere = { kind: 'server', url: 'postgres://nobody@127.0.0.1:1/none' } as const
    await assert.rejects(openTestStore(nowhere), StoreUnavailable)
  })

  it('checks the same states as the tables of the domain', async () => {
    const store = await openTestStore(await home.fresh())
    const { rows } = await store.sql
      .executeSql(`select conrelid::regclass::text || ' ' || pg_get_constraintdef(oid) as text
      from pg_constraint where contype = 'c' and conrelid::regclass::text in ('upload', 'batch')
      union all select indexdef from pg_indexes where indexname = 'upload_lane'`)
    await store.close()
    const sets = rows.map((row) =>
      [...(row as { text: string }).text.matchAll(/'([a-z_]+)'::text/g)]
        .map(([, word = '']) => word)
        .toSorted()
        .join(),
    )
    for (const words of [
      UPLOAD_STATES,
      Object.keys(HOLD_REASONS),
      LANE_STATES,
      FINAL_STATES,
      BATCH_STATES,
    ]) {
      assert.ok(
        sets.includes([...words].toSorted().join()),
        `no constraint has exactly: ${words.join(', ')}`,
      )
    }
  })
})
