import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'

import { createRunIntake } from '../../../src/intake/run-intake.ts'
import type { Store } from '../../../src/store/homes/open-store.ts'
import { StagingLost } from '../../../src/workflows/ports/uploads/uploads.ts'
import { bodyOf, specOf } from '../../intake/taken.ts'
import { eachHome, openTestStore } from '../../support/databases/database.ts'
import { asStaged } from '../../support/stages/chunks.ts'
import {
  audit,
  beginUpload,
  chunkOf,
  claimKey,
  ids,
  stageInput,
  stageUpload,
} from '../../support/stages/store-uploads.ts'

const count = async (store: Store, table: string): Promise<number> => {
  const { rows } = await store.sql.executeSql(`select count(*)::int as n from ${table}`)
  return (rows[0] as { n: number }).n
}

eachHome('Uploads', (home) => {
  let store: Store
  before(async () => {
    store = await openTestStore(await home.fresh())
    await store.access.ensureAdmin({ digest: Buffer.alloc(32, 3), scopes: ['admin'] })
  })
  after(() => store.close())

  it('hides an upload while it is received and leaves nothing of a discarded one', async () => {
    const id = await beginUpload(store)
    await store.uploads.appendChunks(id, [chunkOf(0, 2, ['a'])])
    assert.equal(await store.uploads.find('default', id), null)
    await store.uploads.discard(id)
    assert.equal(await store.uploads.touch(id), false)
    assert.equal(await count(store, `chunk where upload_id = '${id}'`), 0)
  })

  it('stores the chunks of a rehearsal like others, and leaves nothing of it, whether it ends or fails', async () => {
    const tables = ['upload', 'chunk', 'register', 'lane', 'audit_entry']
    const counts = () => Promise.all(tables.map((table) => count(store, table)))
    const before = await counts()
    for (const failure of [null, new Error('The rehearsal failed')]) {
      const id = ids.newId('upl')
      const rehearsed = store.uploads.rehearse({ id, owner: 'me' }, async (append) => {
        await append([chunkOf(0, 2, ['a']), chunkOf(1, 3, ['b'])])
        assert.equal(await count(store, `chunk where upload_id = '${id}'`), 2)
        assert.equal(await store.uploads.find('default', id), null)
        if (failure !== null) throw failure
      })
      await (failure === null ? rehearsed : assert.rejects(rehearsed, failure))
      assert.deepEqual(await counts(), before)
    }
  })

  it('gives a chunk back as it was, and none of it is readable in the table', async () => {
    const id = await beginUpload(store)
    const chunk = chunkOf(0, 2, ['contact-1', 'contact-2'], 1)
    await store.uploads.appendChunks(id, [chunk])
    assert.deepEqual(await store.uploads.readChunk(id, 0), asStaged(chunk))
    const { rows } = await store.sql.executeSql('select payload from chunk where upload_id = $1', [
      id,
    ])
    assert.equal((rows[0] as { payload: Buffer }).payload.includes('contact-1'), false)
    await store.uploads.discard(id)
  })

  it('gives the digests of ids back chunk by chunk in order, however many chunks there are', async () => {
    const id = await beginUpload(store)
    const chunks = Array.from({ length: 37 }, (_, seq) => ({
      ...chunkOf(seq, 2 + seq, seq === 5 ? [] : [`c${seq}`]),
      idDigests: Buffer.alloc(seq === 5 ? 0 : 16, seq),
    }))
    await store.uploads.appendChunks(id, chunks.slice(20))
    await store.uploads.appendChunks(id, chunks.slice(0, 20))
    const read: Buffer[] = []
    for await (const digests of store.uploads.idDigests(id)) read.push(digests)
    assert.deepEqual(
      read,
      chunks.map(({ idDigests }) => idDigests),
    )
    await store.uploads.discard(id)
  })

  it('lets the intake find duplicates from the stored digests as it does from those in memory', async () => {
    const rows = Array.from({ length: 900 }, (_, row) => `c${(row * 7) % 500},n${row},4155552671,`)
    const text = ['contactId,name,phone,email', ...rows].join('\n')
    const limits = { ...specOf().limits, batchRows: 50 }
    const resultWith = async (rowsInMemory: number) => {
      const id = await beginUpload(store)
      const result = await createRunIntake({ rowsInMemory })(bodyOf(text), specOf({ limits }), {
        take: (chunk) => store.uploads.appendChunks(id, [chunk]),
        idDigests: () => store.uploads.idDigests(id),
      })
      await store.uploads.discard(id)
      return result
    }
    const readBack = await resultWith(300)
    assert.deepEqual(readBack, await resultWith(1000))
    assert.equal(readBack.counts.duplicates, 400)
  })

  it('discards an upload of many chunks, and the sweep one that gave no sign of life, by slices', async () => {
    const [one, other] = [await beginUpload(store), await beginUpload(store)]
    const chunks = Array.from({ length: 40 }, (_, seq) => chunkOf(seq, 2 + seq, [`c${seq}`]))
    for (const id of [one, other]) await store.uploads.appendChunks(id, chunks)
    await store.uploads.discard(one)
    assert.equal(await count(store, `chunk where upload_id = '${one}'`), 0)
    assert.equal(await count(store, `chunk where upload_id = '${other}'`), 40)
    assert.equal(await store.uploads.sweepReceiving(60_000), 0)
    assert.equal(await count(store, `chunk where upload_id = '${other}'`), 40)
    await store.sql.executeSql(
      "update upload set heartbeat_at = heartbeat_at - interval '61 s' where id = $1",
      [other],
    )
    assert.equal(await store.uploads.sweepReceiving(60_000), 1)
    assert.equal(await count(store, `chunk where upload_id = '${other}'`), 0)
  })

  it('stages nothing at all when the answer cannot be rendered', async () => {
    const id = await beginUpload(store, 'atomic')
    const chunk = chunkOf(0, 2, ['a'])
    await store.uploads.appendChunks(id, [chunk])
    await claimKey(store, 'atomic')
    const audits = await count(store, 'audit_entry')
    const input = stageInput(id, chunk, 'atomic')
    const broken = () => {
      throw new Error('no answer')
    }
    await assert.rejects(store.uploads.stage({ ...input, answer: broken }), /no answer/)
    assert.equal(await store.uploads.find('default', id), null)
    assert.equal(await count(store, 'audit_entry'), audits)
    assert.deepEqual(await claimKey(store, 'atomic'), { kind: 'in_progress' })
    assert.equal((await store.uploads.stage(input)).upload.acceptedSeq, 1)
  })

  it('stages nothing when a chunk is gone that a crash of the database took', async () => {
    const id = await beginUpload(store, 'gone')
    const chunks = [chunkOf(0, 2, ['a']), chunkOf(1, 3, ['b'])]
    await store.uploads.appendChunks(id, chunks)
    await claimKey(store, 'gone')
    await store.sql.executeSql('delete from chunk where upload_id = $1 and seq = 0', [id])
    const input = { ...stageInput(id, chunks[0]!, 'gone'), chunks: 2 }
    await assert.rejects(store.uploads.stage(input), StagingLost)
    assert.equal(await store.uploads.find('default', id), null)
    await store.uploads.discard(id)
  })

  it('refuses rows that do not add up', async () => {
    const id = await beginUpload(store)
    const input = stageInput(id, chunkOf(0, 2, ['a']), 'sums')
    const counts = { ...input.counts, read: 5 }
    await assert.rejects(store.uploads.stage({ ...input, counts }), /add up/)
  })

  it('lets only one request answer a key, so that it makes one upload', async () => {
    const chunk = chunkOf(0, 2, ['a'])
    const [first, second] = [await beginUpload(store, 'once'), await beginUpload(store, 'once')]
    for (const id of [first, second]) await store.uploads.appendChunks(id, [chunk])
    await claimKey(store, 'once')
    await store.uploads.stage(stageInput(first, chunk, 'once'))
    await assert.rejects(store.uploads.stage(stageInput(second, chunk, 'once')), StagingLost)
    assert.equal(await store.uploads.find('default', second), null)
  })

  it('numbers the uploads of a lane in the order of their commits, without a gap', async () => {
    const staged = await Promise.all(
      Array.from({ length: 6 }, () => stageUpload(store, { list: 'order' })),
    )
    const seqs = staged.map((upload) => upload.acceptedSeq!).toSorted((a, b) => a - b)
    assert.deepEqual(seqs, [1, 2, 3, 4, 5, 6])
  })

  it('completes an upload without accepted rows at once', async () => {
    const upload = await stageUpload(store, { accepted: [], rejected: 2 })
    assert.equal(upload.state, 'completed_with_errors')
    assert.notEqual(upload.completedAt, null)
  })

  it('sweeps what shows no sign of life, and refuses to go on with it', async () => {
    const [dead, alive] = [await beginUpload(store), await beginUpload(store)]
    await store.sql.executeSql(
      `update upload set heartbeat_at = clock_timestamp() - interval '61 s' where id = $1`,
      [dead],
    )
    await store.uploads.sweepReceiving(60_000)
    assert.equal(await store.uploads.touch(dead), false)
    assert.equal(await store.uploads.touch(alive), true)
    await assert.rejects(store.uploads.appendChunks(dead, [chunkOf(0, 2, ['a'])]), StagingLost)
    await store.uploads.discard(alive)
  })

  it('lists newest first, page by page, one tenant only, and knows an unreadable cursor', async () => {
    const made: string[] = []
    for (let index = 0; index < 3; index += 1) {
      made.unshift((await stageUpload(store, { list: 'paged' })).id)
    }
    const first = await store.uploads.list('default', { limit: 2, cursor: null })
    assert.ok(first?.next)
    assert.deepEqual(
      first.items.map(({ id }) => id),
      made.slice(0, 2),
    )
    const second = await store.uploads.list('default', { limit: 1, cursor: first.next })
    assert.equal(second?.items[0]?.id, made[2])
    assert.equal(await store.uploads.list('default', { limit: 1, cursor: '%%%' }), null)
    assert.deepEqual(await store.uploads.list('other', { limit: 5, cursor: null }), {
      items: [],
      next: null,
    })
    assert.equal(await store.uploads.find('other', made[0]!), null)
  })

  it('tells the ledger in input order, by outcome and page', async () => {
    const id = await beginUpload(store, 'ledger')
    const chunks = [chunkOf(0, 2, ['a', 'b', 'c'], 1), chunkOf(1, 6, ['a'], 1)]
    await store.uploads.appendChunks(id, chunks)
    await claimKey(store, 'ledger')
    const input = stageInput(id, chunks[0]!, 'ledger')
    await store.uploads.stage({
      ...input,
      chunks: 2,
      counts: { ...input.counts, read: 6, accepted: 3, rejected: 2, duplicates: 1 },
      leftOut: new Map([[0, Buffer.from([1])]]),
    })
    const all = await store.uploads.ledger(id, { outcomes: [], afterLine: 0, limit: 10 })
    assert.deepEqual(
      all.rows.map((row) => [row.line, row.outcome]),
      [
        [2, 'duplicate'],
        [3, 'accepted'],
        [4, 'accepted'],
        [5, 'rejected'],
        [6, 'accepted'],
        [7, 'rejected'],
      ],
    )
    const page = await store.uploads.ledger(id, { outcomes: ['rejected'], afterLine: 0, limit: 1 })
    assert.equal(page.nextLine, 5)
    const rest = await store.uploads.ledger(id, { outcomes: ['rejected'], afterLine: 5, limit: 1 })
    assert.deepEqual(rest, {
      rows: [
        {
          line: 7,
          outcome: 'rejected',
          contactId: null,
          code: 'phone-invalid',
          column: 'phone',
          cells: ['raw'],
          replacedByLine: null,
          faults: [{ code: 'phone-invalid', column: 'phone' }],
        },
      ],
      nextLine: null,
    })
  })

  it('pauses, resumes and cancels, and refuses what the state does not allow', async () => {
    const { id } = await stageUpload(store, { list: 'control', accepted: ['a', 'b'] })
    const control = (action: 'cancel' | 'pause' | 'resume', tenantId = 'default') =>
      store.uploads.control({
        tenantId,
        uploadId: id,
        action,
        audit: audit('upload.controlled', id),
      })
    assert.equal(await control('pause', 'other'), null)
    assert.deepEqual(await control('resume'), { kind: 'refused', state: 'staged' })
    const paused = await control('pause')
    assert.equal(paused?.kind === 'done' && paused.upload.state, 'paused')
    const resumed = await control('resume')
    assert.equal(resumed?.kind === 'done' && resumed.upload.state, 'staged')
    const cancelled = await control('cancel')
    assert.ok(cancelled?.kind === 'done')
    assert.equal(cancelled.upload.state, 'cancelled')
    assert.equal(cancelled.upload.counts.unprocessed, 2)
    assert.equal(cancelled.upload.version, 4)
    assert.equal(cancelled.unsettled, 2)
    assert.deepEqual(await control('cancel'), { ...cancelled, unsettled: null })
    assert.deepEqual(await control('pause'), { kind: 'refused', state: 'cancelled' })
    const { rows } = await store.uploads.ledger(id, { outcomes: [], afterLine: 0, limit: 9 })
    assert.deepEqual(
      rows.map((row) => row.outcome),
      ['unprocessed', 'unprocessed'],
    )
  })
})
