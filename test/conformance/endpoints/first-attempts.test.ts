import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'

import type { Store } from '../../../src/store/homes/open-store.ts'
import type { SyncDelivery } from '../../../src/workflows/ports/endpoints/sync.ts'
import { eachHome, openTestStore } from '../../support/databases/database.ts'
import {
  audit,
  beginUpload,
  chunkOf,
  claimKey,
  stageInput,
} from '../../support/stages/store-uploads.ts'

eachHome('What endpoints are told', (home) => {
  let store: Store
  let taken: SyncDelivery[] = []
  const jobs: string[] = []
  before(async () => {
    store = await openTestStore(await home.fresh())
    await store.access.ensureAdmin({ digest: Buffer.alloc(32, 3), scopes: ['admin'] })
    const url = 'https://crm.example'
    await store.sync.ensureEnvEndpoints([
      { name: 'crm', url, secret: 'whsec_abc', events: ['upload.completed'] },
      { name: 'dms', url, secret: 'whsec_def', events: ['upload.failed'] },
    ])
    store.connectJobs(
      { send: async (queue, id) => void jobs.push(`${queue} ${id}`) },
      { withinMs: 10_000, take: (deliveries) => (taken = [...taken, ...deliveries]) },
    )
  })
  after(() => store.close())

  /** An upload that ends when it is staged, because none of its rows is accepted. */
  const ended = async (key: string) => {
    const id = await beginUpload(store, key)
    const chunk = chunkOf(0, 2, [], 1)
    await store.uploads.appendChunks(id, [chunk])
    await claimKey(store, key)
    return stageInput(id, chunk, key)
  }

  it('is handed over when it has committed, without a job, with all that an attempt needs', async () => {
    const input = await ended('committed')
    await store.uploads.stage(input)
    assert.equal(taken.length, 1)
    const [{ id, url, secrets, object, attempts, body, trusted }] = taken as [SyncDelivery]
    assert.deepEqual(
      { url, secrets, object, attempts, trusted, jobs },
      {
        url: 'https://crm.example',
        secrets: ['whsec_abc'],
        object: input.uploadId,
        attempts: 0,
        trusted: true,
        jobs: [],
      },
    )
    await store.sql.executeSql(`update sync_delivery set next_at = clock_timestamp()`)
    assert.equal((await store.sync.load(id))?.body, body)
  })

  it('is not handed over by a transaction that failed', async () => {
    taken = []
    const input = await ended('rolled back')
    const known = audit('upload.accepted', input.uploadId)
    await store.audit.append([known])
    await assert.rejects(store.uploads.stage({ ...input, audit: known }))
    assert.deepEqual(taken, [])
  })

  it('comes due for the sweeper as soon as its first attempt should have been recorded', async () => {
    taken = []
    await store.uploads.stage(await ended('lost'))
    const lost = async () =>
      (await store.sync.overdue(20_000)).filter((id) => id === taken[0]?.id).length
    assert.equal(await lost(), 0)
    await store.sql.executeSql(`update sync_delivery set next_at = next_at - interval '10 s'`)
    assert.equal(await lost(), 1)
    const { id } = taken[0]!
    const recorded = {
      state: 'delivered',
      status: 200,
      audit: audit('sync.delivered', id),
    } as const
    await store.sync.record(id, recorded)
    assert.equal(await lost(), 0)
  })

  it('is recorded once, however many attempts succeed, and those of one moment together', async () => {
    taken = []
    for (const key of ['one', 'two', 'three']) await store.uploads.stage(await ended(key))
    const recording = taken.flatMap(({ id }) => [id, id])
    await Promise.all(
      recording.map((id) =>
        store.sync.record(id, {
          state: 'delivered',
          status: 204,
          audit: audit('sync.delivered', id),
        }),
      ),
    )
    const { rows } = await store.sql.executeSql(
      `select state, attempts, last_status from sync_delivery where id = any($1)`,
      [taken.map(({ id }) => id)],
    )
    assert.deepEqual(
      rows,
      taken.map(() => ({ state: 'delivered', attempts: 1, last_status: 204 })),
    )
  })
})
