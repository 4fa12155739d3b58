import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'

import { createRowMarks } from '../../src/intake/rows/row-mark.ts'
import type { Store } from '../../src/store/homes/open-store.ts'
import type { UpkeepClaim } from '../../src/workflows/ports/retention/retention.ts'
import { StagingLost } from '../../src/workflows/ports/uploads/uploads.ts'
import { writeLedger } from '../../src/workflows/uploads/watch/write-ledger.ts'
import { eachHome, openTestStore } from '../support/databases/database.ts'
import { beginUpload, chunkOf, claimKey, ids, stageInput } from '../support/stages/store-uploads.ts'

const CHUNKS = 4
const ROWS = 10

eachHome('A CSV of rows that is read while retention deletes them', (home) => {
  let store: Store
  before(async () => {
    store = await openTestStore(await home.fresh())
  })
  after(() => store.close())

  const run = (text: string) => store.sql.executeSql(text)
  const claimRetention = async (): Promise<UpkeepClaim> => {
    await run(
      `update upkeep set ready_at = case task when 'retention' then clock_timestamp() else 'infinity' end`,
    )
    return (await store.upkeep.claim('me'))!
  }
  const stageChunks = async (): Promise<string> => {
    const id = await beginUpload(store)
    const chunks = Array.from({ length: CHUNKS }, (_, seq) =>
      chunkOf(
        seq,
        2 + seq * ROWS,
        Array.from({ length: ROWS }, (_, row) => `c-${seq}-${row}`),
      ),
    )
    await store.uploads.appendChunks(id, chunks)
    const key = ids.newUuid()
    await claimKey(store, key)
    await store.uploads.stage({ ...stageInput(id, chunks[0]!, key), chunks: CHUNKS })
    return id
  }

  it('is read to its end: retention waits an hour, in which no other read begins', async () => {
    const claim = await claimRetention()
    const id = await stageChunks()
    const ended = (ago: string) =>
      run(
        `update upload set state = 'completed', rows_delivered = rows_accepted, completed_at = clock_timestamp() - interval '${ago}' where id = '${id}'`,
      )
    const rowsKept = async () => (await store.uploads.staging('default', id))?.rowsKept
    const sweep = async () => (await store.upkeep.retention.sweep(claim, 'staged-rows'))?.deleted
    const rowMarks = createRowMarks(store.digestKey)
    const read = async () =>
      writeLedger(
        { uploads: store.uploads, rowMarks },
        (await store.uploads.find('default', id))!,
        { outcomes: [], afterLine: 0, forSpreadsheet: false },
      )

    await ended('29 days 23 hours 59 minutes')
    assert.equal(await rowsKept(), true)
    const csv = await read()
    let text = (await csv.next()).value as string
    text += (await csv.next()).value as string
    await ended('30 days 59 minutes')
    assert.equal(await rowsKept(), false)
    assert.equal(await sweep(), 0)
    for await (const more of csv) text += more
    assert.equal(text.match(/cell-c-/gu)?.length, CHUNKS * ROWS)

    await ended('30 days 61 minutes')
    const late = await read()
    assert.equal(await sweep(), 1)
    await assert.rejects(async () => {
      for await (const _ of late);
    }, StagingLost)
    assert.equal(await rowsKept(), false)
  })
})
