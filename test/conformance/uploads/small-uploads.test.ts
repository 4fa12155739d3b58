import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'

import type { Upload } from '../../../src/domain/uploads/upload.ts'
import { sha256 } from '../../../src/lib/digest.ts'
import type { Store } from '../../../src/store/homes/open-store.ts'
import type { SmallUpload } from '../../../src/workflows/ports/uploads/small-uploads.ts'
import { eachHome, openTestStore } from '../../support/databases/database.ts'
import { smallUpload } from '../../support/databases/small-uploads.ts'
import { beginUpload, claimKey, ids, stageInput } from '../../support/stages/store-uploads.ts'

const AT = new Date('2026-03-04T05:06:07.089Z')

const replayed = async (store: Store, { staging }: SmallUpload) => {
  const { key } = staging.claim
  const claim = await claimKey(store, key)
  assert.equal(claim.kind, 'done')
  return claim
}

eachHome('A small upload', (home) => {
  let store: Store
  before(async () => {
    store = await openTestStore(await home.fresh())
    await store.access.ensureAdmin({ digest: sha256('key'), scopes: ['admin'] })
  })
  after(() => store.close())

  it('is stored as it is told, with its rows and its answer', async () => {
    const small = smallUpload({ list: 'whole', rejected: 2 })
    const staged = await store.smallUploads.stage(small)
    assert.equal(staged.kind, 'staged')
    assert.deepEqual(await store.uploads.find('default', small.begun.id), staged.upload)
    assert.equal(staged.upload.createdAt, AT.toISOString())
    const long = await stagedLong(store, small)
    const apart = {
      id: '',
      acceptedSeq: 0,
      contentSeq: 0,
      createdAt: '',
      updatedAt: '',
      planDigest: '',
    }
    assert.deepEqual({ ...staged.upload, ...apart }, { ...long, ...apart, sameFileAs: null })
    const chunk = await store.uploads.readChunk(small.begun.id, 0)
    assert.deepEqual([chunk.contactIds, chunk.rejected.length], [['a', 'b'], 2])
    const { body, location } = await replayed(store, small)
    assert.deepEqual([body, location], [staged.answer.body, `/v1/uploads/${small.begun.id}`])
  })

  it('gives those that come together a place each, in every lane from one on', async () => {
    const all = Array.from({ length: 60 }, (_, n) => smallUpload({ list: `many-${n % 3}` }))
    const staged = await Promise.all(all.map((small) => store.smallUploads.stage(small)))
    const places = staged.flatMap((one) =>
      one.kind === 'staged' ? [`${one.upload.laneKey} ${one.upload.acceptedSeq}`] : [],
    )
    assert.equal(new Set(places).size, 60)
    for (let n = 0; n < 3; n += 1) {
      const own = places.filter((place) => place.startsWith(`contact_list:many-${n} `))
      assert.deepEqual(
        own.map((place) => Number(place.split(' ')[1])).toSorted((a, b) => a - b),
        Array.from({ length: 20 }, (_, at) => at + 1),
      )
    }
  })

  it('of two with one key is staged once, and the other waits and hears the answer', async () => {
    const [one, other] = [smallUpload({ key: 'twice' }), smallUpload({ key: 'twice' })]
    const between = smallUpload()
    const answers = await Promise.all(
      [one, between, other].map((small) => store.smallUploads.stage(small)),
    )
    assert.deepEqual(answers.map(({ kind }) => kind).toSorted(), ['done', 'staged', 'staged'])
    const done = answers.find((answer) => answer.kind === 'done')
    const stored = await replayed(store, one)
    assert.equal(done?.body, stored.body)
    const found = await Promise.all(
      [one, other].map(({ begun }) => store.uploads.find('default', begun.id)),
    )
    assert.equal(found.filter((upload) => upload !== null).length, 1)
  })

  it('leaves a key alone that the long way has claimed', async () => {
    const small = smallUpload({ key: 'claimed' })
    await claimKey(store, 'claimed', 'another')
    assert.deepEqual(await store.smallUploads.stage(small), { kind: 'in_progress' })
    assert.equal(await store.uploads.find('default', small.begun.id), null)
  })

  it('names an earlier upload of the same file, in its answer too', async () => {
    const first = smallUpload({ list: 'same', sha256: 'one file' })
    const second = smallUpload({ list: 'same', sha256: 'one file' })
    await store.smallUploads.stage(first)
    const staged = await store.smallUploads.stage(second)
    assert.equal(staged.kind === 'staged' && staged.upload.sameFileAs, first.begun.id)
    const { body } = await replayed(store, second)
    assert.equal(staged.kind === 'staged' && staged.answer.body, body)
    const view = JSON.parse(body) as { warnings: object[] }
    assert.deepEqual(
      view.warnings.map((warning) => 'uploadId' in warning && warning.uploadId),
      [first.begun.id],
    )
  })

  it('makes its lane ready', async () => {
    const small = smallUpload({ list: 'ready' })
    await store.smallUploads.stage(small)
    const keys: string[] = []
    for (let claim = await store.lanes.claim('me'); claim; claim = await store.lanes.claim('me')) {
      keys.push(claim.key)
    }
    assert.ok(keys.includes('contact_list:ready'))
  })
})

/** Stores the same upload by `begin`, `appendChunks` and `stage`. */
const stagedLong = async (store: Store, small: SmallUpload): Promise<Upload> => {
  const key = ids.newUuid()
  const id = await beginUpload(store, 'whole')
  await store.uploads.appendChunks(id, [small.chunk])
  await claimKey(store, key)
  const { staging } = small
  const input = { ...stageInput(id, small.chunk, key), source: staging.source }
  return (await store.uploads.stage(input)).upload
}

eachHome('The doorway', (home) => {
  let store: Store
  before(async () => {
    store = await openTestStore(await home.fresh())
    await store.access.ensureAdmin({ digest: sha256('key'), scopes: ['admin'] })
  })
  after(() => store.close())

  const read = (about: { key?: string; listId?: string; idempotencyKey?: string } = {}) =>
    store.smallUploads.read({
      keyDigest: sha256(about.key ?? 'key'),
      listId: about.listId ?? 'list-1',
      method: 'POST',
      path: '/x',
      idempotencyKey: about.idempotencyKey ?? 'none',
    })

  it('tells the key, the grant, the time and a list that was read, again and again', async () => {
    const list = {
      id: 'list-1',
      name: 'One',
      status: 'ready' as const,
      schemaVersion: '1',
      columns: [],
      size: 3,
    }
    assert.equal((await read()).list, null)
    await store.lists.put(list)
    const [one, other] = await Promise.all([read(), read({ listId: 'list-2' })])
    assert.equal(one.key?.tenantId, 'default')
    assert.equal(one.granted, true)
    assert.ok(Math.abs(one.now.getTime() - Date.now()) < 60_000)
    assert.deepEqual([one.list?.list, other.list], [list, null])
    assert.deepEqual((await read()).list?.list, list)
    await store.lists.put({ ...list, size: 4 })
    assert.equal((await read()).list?.list.size, 4)
  })

  it('knows no key, and no grant without one', async () => {
    const { key, granted } = await read({ key: 'other' })
    assert.deepEqual([key, granted], [null, false])
  })

  it('tells what became of an Idempotency-Key', async () => {
    assert.equal((await read({ idempotencyKey: 'new' })).claim, 'free')
    await claimKey(store, 'under way', 'another')
    assert.equal((await read({ idempotencyKey: 'under way' })).claim, 'taken')
    const small = smallUpload({ key: 'answered' })
    await store.smallUploads.stage(small)
    const { claim } = await read({ idempotencyKey: 'answered' })
    assert.equal(typeof claim === 'object' && claim.location, `/v1/uploads/${small.begun.id}`)
  })
})
