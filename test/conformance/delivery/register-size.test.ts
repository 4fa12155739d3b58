import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'

import fc from 'fast-check'

import type { Upload } from '../../../src/domain/uploads/upload.ts'
import type { Store } from '../../../src/store/homes/open-store.ts'
import { createSeals } from '../../../src/store/homes/seals.ts'
import type { LaneClaim, RegisterRow } from '../../../src/workflows/ports/delivery/delivery.ts'
import { eachHome, openTestStore } from '../../support/databases/database.ts'
import { fillRegister } from '../../support/stages/sealed-rows.ts'
import { audit, ids, stageUpload } from '../../support/stages/store-uploads.ts'

const CONTACTS = Array.from({ length: 8 }, (_, index) => `c${index}`)

/** How one upload to the list ends, or what else happens to the list. */
type Step =
  | { kind: 'alone'; delivered: number; confirmed: number }
  | { kind: 'together'; members: [delivered: number, confirmed: number][] }
  | { kind: 'clear' | 'forget' | 'late' }
  | { kind: 'erase'; contacts: number }

const bits = fc.nat({ max: 255 })
const steps = fc.array(
  fc.oneof(
    fc.record({ kind: fc.constant('alone' as const), delivered: bits, confirmed: bits }),
    fc.record({
      kind: fc.constant('together' as const),
      members: fc.array(fc.tuple(bits, bits), { minLength: 1, maxLength: 4 }),
    }),
    fc.record({ kind: fc.constantFrom('clear' as const, 'forget' as const, 'late' as const) }),
    fc.record({ kind: fc.constant('erase' as const), contacts: bits }),
  ),
  { minLength: 3, maxLength: 14 },
)

const chosen = (mask: number): string[] => CONTACTS.filter((_, bit) => (mask >> bit) & 1)
const known = (mask: number): RegisterRow[] =>
  chosen(mask).map((contactId, at) => ({
    contactId,
    contentHash: Buffer.alloc(16),
    line: at + 2,
    row: at,
  }))
const sums = (delivered: number, confirmed: number) => ({
  delivered: chosen(delivered).length,
  unchanged: chosen(confirmed & ~delivered).length,
  failed: 0,
  unprocessed: CONTACTS.length - chosen(delivered | confirmed).length,
})

eachHome("The register's size", (home) => {
  let store: Store
  before(async () => {
    store = await openTestStore(await home.fresh())
  })
  after(() => store.close())

  const counted = async (listId: string): Promise<number> => {
    const { rows } = await store.sql.executeSql(
      `select count(*)::int as size from contact_register join register on id = register_id
        left join list_clearing using (list_id)
        where list_id = $1 and accepted_seq >= coalesce(cleared_seq, 0)`,
      [listId],
    )
    return (rows[0] as { size: number }).size
  }

  const clear = async (claim: LaneClaim, uploadId: string): Promise<void> => {
    const about = { uploadId, audit: audit('list.cleared', claim.key) }
    await store.delivery.intendClearing(claim, { ...about, sizeBefore: null })
    await store.delivery.recordCleared(claim, { ...about, audit: audit('list.cleared', claim.key) })
  }

  const settleAlone = async (
    claim: LaneClaim,
    upload: Upload,
    batchId: string,
    [delivered, confirmed]: [number, number],
  ): Promise<void> => {
    await store.delivery.settle(claim, {
      ...{ uploadId: upload.id, batchId, results: [], delivered: known(delivered) },
      counts: sums(delivered, confirmed),
      confirmed: chosen(confirmed & ~delivered),
      audit: audit('upload.batch.settled', upload.id),
    })
  }

  const intend = async (claim: LaneClaim, upload: Upload): Promise<string> => {
    const batch = { id: ids.newUuid(), chunkSeq: 0, fromRow: 0, toRow: 8, sent: Buffer.of(255) }
    await store.delivery.intend(claim, upload.id, batch, audit('upload.batch.intended', batch.id))
    return batch.id
  }

  const settleTogether = async (
    claim: LaneClaim,
    uploads: readonly Upload[],
    members: readonly [number, number][],
  ): Promise<void> => {
    const id = ids.newUuid()
    await store.delivery.ship(claim, {
      ...{ id, overwrites: [], audit: audit('upload.batch.intended', id) },
      uploads: uploads.map((upload) => ({
        ...{ upload, batchId: ids.newUuid(), rows: 8, sent: Buffer.of(255) },
      })),
    })
    await store.delivery.settleShipment(claim, {
      ...{ shipmentId: id, ended: 'completed', audit: audit('upload.batch.settled', id) },
      uploads: uploads.map((upload, at) => {
        const [delivered, confirmed] = members[at]!
        return {
          ...{ uploadId: upload.id, counts: sums(delivered, confirmed), superseded: 0 },
          ...{ results: [], delivered: known(delivered) },
          confirmed: chosen(confirmed & ~delivered),
          finished: audit('upload.finished', upload.id),
        }
      }),
    })
  }

  let lists = 0
  const play = async (taken: readonly Step[]): Promise<void> => {
    const listId = `size-${(lists += 1)}`
    await store.sql.executeSql(`update lane set ready_at = 'infinity'`)
    await fillRegister(store, listId, 0, [])
    const stage = () => stageUpload(store, { list: listId, accepted: CONTACTS })
    const early = await stage()
    const claim = (await store.lanes.claim('me'))!
    assert.equal(claim.key, `contact_list:${listId}`)
    let late: { upload: Upload; batchId: string } | null = {
      upload: early,
      batchId: await intend(claim, early),
    }
    for (const step of taken) {
      if (step.kind === 'forget') await store.delivery.forgetCleared(listId)
      if (step.kind === 'clear') await clear(claim, (await stage()).id)
      if (step.kind === 'late' && late !== null) {
        // This upload was in flight while everything else happened to the list.
        await settleAlone(claim, late.upload, late.batchId, [0b1111_0000, 0b0000_1111])
        late = null
      }
      if (step.kind === 'alone') {
        const upload = await stage()
        const batchId = await intend(claim, upload)
        await settleAlone(claim, upload, batchId, [step.delivered, step.confirmed])
      }
      if (step.kind === 'together') {
        const uploads: Upload[] = []
        for (const _ of step.members) uploads.push(await stage())
        await settleTogether(claim, uploads, step.members)
      }
      if (step.kind === 'erase') {
        const digests = createSeals(store.digestKey).contactIds.digests(chosen(step.contacts))
        await store.sql.executeSql(
          `delete from contact_register where register_id = (select id from register where list_id = $1)
            and position(contact_digest in $2::bytea) > 0`,
          [listId, digests],
        )
      }
      assert.equal(await store.delivery.registerSize('default', listId), await counted(listId))
    }
  }

  it('is what counting finds, after whatever was delivered, confirmed, cleared, forgotten and erased', async () => {
    await fc.assert(fc.asyncProperty(steps, play), {
      numRuns: Number(process.env['PROPERTY_RUNS'] ?? 20),
      endOnFailure: process.env['PROPERTY_RUNS'] === undefined,
      examples: [
        // A contact from before a clearing that is delivered again counts as one more, although its
        // row exists already.
        [
          [
            { kind: 'alone', delivered: 3, confirmed: 0 },
            { kind: 'clear' },
            { kind: 'alone', delivered: 5, confirmed: 0 },
          ],
        ],
        // Contacts that were in flight when the list was cleared are gone. Contacts newer than the
        // clearing are there.
        [
          [
            { kind: 'alone', delivered: 1, confirmed: 0 },
            { kind: 'clear' },
            { kind: 'late' },
            { kind: 'forget' },
          ],
        ],
      ],
    })
  })

  it('counts what outlives a clearing that was recorded late', async () => {
    await store.sql.executeSql(`update lane set ready_at = 'infinity'`)
    const stage = () => stageUpload(store, { list: 'outlives', accepted: CONTACTS })
    const overwriting = await stage()
    const claim = (await store.lanes.claim('me'))!
    const newer = await stage()
    await settleAlone(claim, newer, await intend(claim, newer), [0b111, 0])
    await clear(claim, overwriting.id)
    assert.equal(await store.delivery.registerSize('default', 'outlives'), 3)
  })

  it('changes with nothing where a settlement is undone', async () => {
    await store.sql.executeSql(`update lane set ready_at = 'infinity'`)
    const upload = await stageUpload(store, { list: 'undone', accepted: CONTACTS })
    const claim = (await store.lanes.claim('me'))!
    const batchId = await intend(claim, upload)
    const tooMany = { delivered: 9, unchanged: 0, failed: 0, unprocessed: 0 }
    await assert.rejects(
      store.delivery.settle(claim, {
        ...{ uploadId: upload.id, batchId, counts: tooMany, results: [], delivered: known(255) },
        audit: audit('upload.batch.settled', upload.id),
      }),
      { name: 'SqlFailure' },
    )
    assert.equal(await store.delivery.registerSize('default', 'undone'), 0)
    assert.equal(await counted('undone'), 0)
  })
})
