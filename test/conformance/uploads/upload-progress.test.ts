import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'

import { RATE_STALE_SECONDS } from '../../../src/domain/uploads/upload-progress.ts'
import type { Upload } from '../../../src/domain/uploads/upload.ts'
import { seededRandom } from '../../../src/lib/seeded-random.ts'
import type { Store } from '../../../src/store/homes/open-store.ts'
import type { LaneClaim } from '../../../src/workflows/ports/delivery/delivery.ts'
import { eachHome, openTestStore } from '../../support/databases/database.ts'
import { audit, ids, stageUpload } from '../../support/stages/store-uploads.ts'

const ROWS = 100

eachHome('The progress of an upload', (home) => {
  let store: Store
  before(async () => {
    store = await openTestStore(await home.fresh())
  })
  after(() => store.close())

  /** Simulates that this much time has passed, by moving all stored times into the past. */
  const pass = (uploadId: string, seconds: number): Promise<unknown> =>
    store.sql.executeSql(
      `update upload set mark_at = mark_at - make_interval(secs => $2), settled_at = settled_at - make_interval(secs => $2),
        next_mark_at = next_mark_at - make_interval(secs => $2) where id = $1`,
      [uploadId, seconds],
    )

  const begin = async (list: string): Promise<{ upload: Upload; claim: LaneClaim }> => {
    const accepted = Array.from({ length: ROWS }, (_, n) => `id-${n}`)
    const staged = await stageUpload(store, { list, accepted })
    const claim = await store.lanes.claim('me')
    assert.ok(claim)
    return { claim, upload: await store.delivery.move(claim, staged.id, 'delivering') }
  }

  /** Settles one batch of one row. */
  const settleRow = async (claim: LaneClaim, uploadId: string, row: number): Promise<Upload> => {
    const batchId = ids.newUuid()
    await store.delivery.intend(
      claim,
      uploadId,
      { id: batchId, chunkSeq: 0, fromRow: row, toRow: row + 1, sent: Buffer.from([1]) },
      audit('upload.batch.intended', uploadId),
    )
    return store.delivery.settle(claim, {
      uploadId,
      batchId,
      counts: { delivered: 1, unchanged: 0, failed: 0, unprocessed: 0 },
      results: [],
      delivered: [],
      audit: audit('upload.batch.settled', uploadId),
    })
  }

  it('is told only while the upload is under way', async () => {
    const { upload, claim } = await begin('told')
    assert.deepEqual(upload.progress, { percent: 0, rowsPerSecond: null, etaAt: null })
    await store.delivery.finish(claim, {
      uploadId: upload.id,
      state: 'failed',
      problem: { code: 'x', detail: 'x' },
      audit: audit('upload.finished', upload.id),
    })
    assert.equal((await store.uploads.find('default', upload.id))?.progress, null)
    await store.lanes.release(claim, 60_000)
  })

  it('foretells the end within a tenth after the first tenth, the same to whoever asks', async () => {
    const { upload, claim } = await begin('eta')
    const random = seededRandom(7)
    const took = Array.from({ length: ROWS }, () => 4 + 2 * (random() - 0.5))
    let now = upload
    for (let row = 0; row <= ROWS / 10; row += 1) {
      if (row > 0) await pass(upload.id, took[row]!)
      now = await settleRow(claim, upload.id, row)
    }
    const { progress } = now
    assert.ok(progress?.etaAt && progress.rowsPerSecond)
    assert.equal(progress.percent, 11)
    const sum = (from: number, to: number): number =>
      took.slice(from, to).reduce((seconds, one) => seconds + one, 0)
    const elapsed = sum(1, ROWS / 10 + 1)
    const left = (Date.parse(progress.etaAt) - Date.parse(now.updatedAt)) / 1000
    const [foretold, real] = [elapsed + left, sum(1, ROWS)]
    assert.ok(Math.abs(foretold - real) / real < 0.1, `${foretold} s, really ${real} s`)
    assert.deepEqual((await store.uploads.find('default', upload.id))?.progress, progress)
    await store.lanes.release(claim, 60_000)
  })

  it('follows a pace that changes, and begins anew after a long silence', async () => {
    const { upload, claim } = await begin('change')
    let row = 0
    const go = async (rows: number, secondsEach: number): Promise<number | null> => {
      let now = upload
      for (let n = 0; n < rows; n += 1) {
        await pass(upload.id, secondsEach)
        now = await settleRow(claim, upload.id, row)
        row += 1
      }
      return now.progress?.rowsPerSecond ?? null
    }
    const near = (value: number | null, wanted: number): void =>
      assert.ok(value !== null && Math.abs(value - wanted) <= 0.1 * wanted, `${value}`)
    near(await go(20, 5), 0.2)
    near(await go(30, 10), 0.1)
    await pass(upload.id, RATE_STALE_SECONDS)
    assert.equal(await go(1, 5), null)
    near(await go(5, 5), 0.2)
    await store.lanes.release(claim, 60_000)
  })
})
