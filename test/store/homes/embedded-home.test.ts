import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { after, describe, it } from 'node:test'

import { systemClock } from '../../../src/lib/clock.ts'
import { DataDirInUse, openEmbedded } from '../../../src/store/homes/embedded-home.ts'
import type { StoreHome } from '../../../src/store/homes/open-store.ts'
import { SqlFailure } from '../../../src/store/homes/sql-failure.ts'
import { embeddedHome, openTestStore } from '../../support/databases/database.ts'
import {
  beginUpload,
  chunkOf,
  claimKey,
  stageInput,
  stageUpload,
} from '../../support/stages/store-uploads.ts'

const WRITER = new URL('crash-writer.ts', import.meta.url).pathname
const ENOUGH_ACKS = 20

describe('The embedded home', () => {
  const home = embeddedHome()
  after(() => home.close())

  const freshDir = async (): Promise<Extract<StoreHome, { kind: 'embedded' }>> => {
    const fresh = await home.fresh()
    assert.equal(fresh.kind, 'embedded')
    return fresh
  }

  it('keeps what it acknowledged through kill -9, and is nobody else’s while a process has it', async () => {
    const place = await freshDir()
    const child = spawn(process.execPath, [WRITER, place.dataDir], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const lines = createInterface({ input: child.stdout })
    const ended = once(child, 'exit')
    const acknowledged: string[] = []
    let refused: Promise<unknown> | null = null
    for await (const line of lines) {
      acknowledged.push(line)
      refused ??= assert.rejects(openTestStore(place), DataDirInUse)
      if (acknowledged.length >= ENOUGH_ACKS) child.kill('SIGKILL')
    }
    await refused
    await ended
    const store = await openTestStore(place)
    const { rows } = await store.sql.executeSql(
      "select id from upload where state = 'staged' order by accepted_seq",
    )
    const kept = rows.map((row) => (row as { id: string }).id)
    assert.deepEqual(kept.slice(0, acknowledged.length), acknowledged)
    for (const id of kept) {
      assert.deepEqual((await store.uploads.readChunk(id, 0)).contactIds, ['a', 'b', 'c'])
    }
    await store.close()
  })

  it('reads bytes as they are, fails with the code of the database, and works on after it', async () => {
    const { dataDir } = await freshDir()
    const database = await openEmbedded({ dataDir, clock: systemClock, emit: () => {} })
    const rows: [number, string][] = []
    const take = (key: number, bytes: Uint8Array): void =>
      void rows.push([key, Buffer.from(bytes).toString('hex')])
    const two = `select n::bigint, decode(repeat('00ff', n), 'hex') from generate_series(1, 2) n`
    await assert.rejects(database.readBytes('select nothing', take), { code: '42703' })
    await database.readBytes(two, take)
    assert.deepEqual(rows, [
      [1, '00ff'],
      [2, '00ff00ff'],
    ])
    const fault = (): never => {
      throw new Error('no page')
    }
    await assert.rejects(database.readBytes(two, fault), /no page/)
    assert.equal((await database.sql.executeSql('select 1 as one')).rows.length, 1)
    await database.close()
  })

  it('does not wait for the disk with chunks, and brings them all to it with the staging', async () => {
    const store = await openTestStore(await freshDir())
    const written = async () => {
      const { rows } = await store.sql.executeSql(`select pg_current_wal_flush_lsn() as flushed,
        pg_current_wal_insert_lsn() as inserted, pg_current_wal_flush_lsn() >= pg_current_wal_insert_lsn() as all`)
      return rows[0] as { flushed: string; inserted: string; all: boolean }
    }
    const id = await beginUpload(store)
    const before = await written()
    const chunk = chunkOf(0, 2, ['a', 'b'])
    await store.uploads.appendChunks(id, [chunk])
    const appended = await written()
    assert.notEqual(appended.inserted, before.inserted)
    assert.equal(appended.flushed, before.flushed)
    await claimKey(store, 'durable')
    await store.uploads.stage(stageInput(id, chunk, 'durable'))
    const { rows } = await store.sql.executeSql(
      'select pg_current_wal_flush_lsn() >= $1::pg_lsn as durable',
      [appended.inserted],
    )
    assert.deepEqual(rows, [{ durable: true }])
    await store.close()
  })

  it('takes over at once what the previous process left', async () => {
    const place = await freshDir()
    const first = await openTestStore(place)
    const staged = await stageUpload(first)
    const left = await first.lanes.claim('first')
    const receiving = await beginUpload(first)
    await claimKey(first, 'left')
    const { digestKey } = first
    await first.close()
    const second = await openTestStore(place)
    assert.deepEqual(second.digestKey, digestKey)
    assert.equal(await second.uploads.touch(receiving), false)
    assert.equal((await claimKey(second, 'left', 'second')).kind, 'claimed')
    const claim = await second.lanes.claim('second')
    assert.ok(claim && left && BigInt(claim.fence) > BigInt(left.fence))
    assert.equal((await second.delivery.next(claim))?.id, staged.id)
    await second.close()
  })

  it('lets timers run while statements follow one another', async () => {
    const store = await openTestStore(await freshDir())
    let ticked = false
    setTimeout(() => {
      ticked = true
    }, 1)
    // If a ping never gave the event loop a turn, this loop would not end.
    while (!ticked) await store.home.ping()
    await store.close()
  })

  it('fails without the statement or its values in the error', async () => {
    const store = await openTestStore(await freshDir())
    await assert.rejects(
      store.sql.executeSql('select $1::int', ['a-secret-value']),
      (error) =>
        error instanceof SqlFailure &&
        !JSON.stringify(Object.entries(error)).includes('secret') &&
        !error.message.includes('secret'),
    )
    await store.close()
  })
})
