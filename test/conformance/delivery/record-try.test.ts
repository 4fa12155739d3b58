import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'

import type { Upload } from '../../../src/domain/uploads/upload.ts'
import type { Store } from '../../../src/store/homes/open-store.ts'
import {
  FenceLost,
  UploadMoved,
  type LaneClaim,
} from '../../../src/workflows/ports/delivery/delivery.ts'
import { eachHome, openTestStore } from '../../support/databases/database.ts'
import { audit, ids, stageUpload } from '../../support/stages/store-uploads.ts'

type Member = { upload: Upload; batchId: string; rows: number; sent: Buffer }
type Row = { state: string; attempts: number; job_id: string | null; open: number }

eachHome('A try of a request', (home) => {
  let store: Store
  let lists = 0
  before(async () => {
    store = await openTestStore(await home.fresh())
  })
  after(() => store.close())

  /** Uploads to a new list, and the claim of its lane. */
  const stage = async (count: number): Promise<{ claim: LaneClaim; members: Member[] }> => {
    lists += 1
    await store.sql.executeSql(`update lane set ready_at = 'infinity'`)
    const members: Member[] = []
    for (let n = 0; n < count; n += 1) {
      const upload = await stageUpload(store, { list: `try-${lists}`, accepted: [`a${n}`] })
      members.push({ upload, batchId: ids.newUuid(), rows: 1, sent: Buffer.of(1) })
    }
    const claim = await store.lanes.claim('me')
    assert.equal(claim?.key, `contact_list:try-${lists}`)
    return { claim, members }
  }

  const ship = (claim: LaneClaim, uploads: readonly Member[], id: string): Promise<void> =>
    store.delivery.ship(claim, {
      ...{ id, uploads, overwrites: [] },
      audit: audit('upload.batch.intended', id),
    })

  const control = (upload: Upload, action: 'pause' | 'cancel') =>
    store.uploads.control({
      tenantId: 'default',
      uploadId: upload.id,
      action,
      audit: audit('upload.controlled', upload.id),
    })

  const requestOf = async (id: string): Promise<Row | undefined> => {
    const { rows } = await store.sql.executeSql(
      `select state, attempts, job_id,
        (select count(*)::int from batch where shipment_id = shipment.id and batch.state = 'sent') as open
      from shipment where id = $1`,
      [id],
    )
    return rows[0] as Row | undefined
  }

  it('of several uploads is written with its shipment, counted again, and forgets the job before', async () => {
    const { claim, members } = await stage(3)
    const id = ids.newUuid()
    await ship(claim, members, id)
    await store.delivery.noteJob(claim, id, 'job-1')
    assert.deepEqual(await requestOf(id), { state: 'sent', attempts: 1, job_id: 'job-1', open: 3 })
    await store.delivery.recordTry(claim, id)
    assert.deepEqual(await requestOf(id), { state: 'sent', attempts: 2, job_id: null, open: 3 })
  })

  for (const action of ['pause', 'cancel'] as const) {
    it(`is not recorded once a caller asked to ${action} one of its uploads`, async () => {
      const { claim, members } = await stage(3)
      await control(members[1]!.upload, action)
      const first = ids.newUuid()
      await assert.rejects(ship(claim, members, first), UploadMoved)
      assert.equal(await requestOf(first), undefined)
      const rest = [members[0]!, members[2]!]
      const second = ids.newUuid()
      await ship(claim, rest, second)
      await control(members[2]!.upload, action)
      await assert.rejects(store.delivery.recordTry(claim, second), UploadMoved)
      assert.equal((await requestOf(second))?.attempts, 1)
    })

    it(`of a batch or a file is not recorded once a caller asked to ${action} its upload`, async () => {
      for (const file of [false, true]) {
        const { claim, members } = await stage(1)
        const { upload } = members[0]!
        const id = ids.newUuid()
        const batch = { chunkSeq: 0, fromRow: 0, toRow: 1, sent: Buffer.of(1) }
        const intended = audit('upload.batch.intended', id)
        if (file) {
          const batches = [{ id: ids.newUuid(), ...batch }]
          const part = { id, seq: 1, method: 'file' as const, rows: 1, bytes: 9, batches }
          await store.delivery.intendPart(claim, upload.id, part, intended, [])
        } else {
          await store.delivery.intend(claim, upload.id, { id, ...batch }, intended)
        }
        assert.deepEqual(await requestOf(id), {
          ...{ state: 'intended', attempts: 0, job_id: null, open: 0 },
        })
        await store.delivery.recordTry(claim, id)
        assert.deepEqual(await requestOf(id), { state: 'sent', attempts: 1, job_id: null, open: 1 })
        await control(upload, action)
        await assert.rejects(store.delivery.recordTry(claim, id), UploadMoved)
        assert.equal((await requestOf(id))?.attempts, 1)
      }
    })
  }

  it('that waits for its slot keeps nobody from cancelling at once', async () => {
    const { claim, members } = await stage(1)
    const { upload } = members[0]!
    const batch = { id: ids.newUuid(), chunkSeq: 0, fromRow: 0, toRow: 1, sent: Buffer.of(1) }
    await store.delivery.intend(claim, upload.id, batch, audit('upload.batch.intended', batch.id))
    await control(upload, 'cancel')
    const cancelled = await store.uploads.find('default', upload.id)
    assert.deepEqual([cancelled?.state, cancelled?.counts.unprocessed], ['cancelled', 1])
    await assert.rejects(store.delivery.recordTry(claim, batch.id), UploadMoved)
  })

  it('is not recorded by a stale holder, nor of a request that is over', async () => {
    const { claim, members } = await stage(2)
    const id = ids.newUuid()
    await ship(claim, members, id)
    const stale = { ...claim, fence: String(BigInt(claim.fence) - 1n) }
    await assert.rejects(store.delivery.recordTry(stale, id), FenceLost)
    await assert.rejects(store.delivery.noteJob(stale, id, 'job'), FenceLost)
    await assert.rejects(ship(stale, members, ids.newUuid()), FenceLost)
    await store.delivery.dissolve(claim)
    await assert.rejects(store.delivery.recordTry(claim, id), /is not open/)
    assert.deepEqual((await requestOf(id))?.attempts, 1)
  })
})
