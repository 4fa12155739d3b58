import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { after, before, describe, it } from 'node:test'

import { systemClock } from '../../src/lib/clock.ts'
import { DataDirInUse, openEmbedded } from '../../src/store/embedded-home.ts'
import type { StoreHome } from '../../src/store/open-store.ts'
import { SqlFailure } from '../../src/store/sql-failure.ts'
import { openTestHomes, openTestStore, type TestHome } from '../support/database.ts'
import { beginUpload, claimKey, stageUpload } from '../support/store-uploads.ts'

const WRITER = new URL('crash-writer.ts', import.meta.url).pathname
const ENOUGH_ACKS = 20

describe('The embedded home', () => {
  let home: TestHome
  before(async () => {
    const homes = await openTestHomes()
    home = homes.embedded
    await homes.server?.close()
  })
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
    let uploadId = ''
    let acknowledged = -1
    let refused: Promise<unknown> | null = null
    for await (const line of lines) {
      if (uploadId === '') {
        uploadId = line
        continue
      }
      acknowledged = Number(line)
      refused ??= assert.rejects(openTestStore(place), DataDirInUse)
      if (acknowledged >= ENOUGH_ACKS) child.kill('SIGKILL')
    }
    await refused
    await ended
    const database = await openEmbedded({
      dataDir: place.dataDir,
      clock: systemClock,
      emit: () => {},
    })
    const { rows } = await database.sql.executeSql(
      'select seq from chunk where upload_id = $1 order by seq',
      [uploadId],
    )
    const seqs = rows.map((row) => (row as { seq: number }).seq)
    await database.close()
    assert.ok(acknowledged >= ENOUGH_ACKS)
    assert.deepEqual(
      seqs.slice(0, acknowledged + 1),
      Array.from({ length: acknowledged + 1 }, (_, seq) => seq),
    )
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
    // Without giving the event loop a turn this would never end.
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
