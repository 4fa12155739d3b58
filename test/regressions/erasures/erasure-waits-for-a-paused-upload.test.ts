import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'

import { GenesysFailure } from '../../../src/domain/genesys/genesys-failure.ts'
import type { Store } from '../../../src/store/homes/open-store.ts'
import { eachHome, openTestStore } from '../../support/databases/database.ts'
import { eraseOnce, ERASED, STILL_WAITING } from '../../support/erasures/erase-once.ts'
import { CALLER, createWorkingGateway } from '../../support/gateway/working-gateway.ts'
import { type MemoryGenesys, rowError } from '../../support/memory/memory-genesys.ts'
import { ids } from '../../support/stages/store-uploads.ts'

const ROWS = [
  { id: 'a', note: 'x' },
  { id: 'b', note: 'x' },
]

const FAILED = (kind: 'conflict' | 'throttled' | 'unavailable', status: number | null) =>
  new GenesysFailure(kind, 'add-contacts', { status })

/**
 * Nobody asked Genesys for the jobs of an upload that was paused. A request that Genesys had
 * refused stayed `sent`, as if its outcome were unknown. So an erasure of a person in such a
 * request waited until somebody resumed or cancelled the upload.
 */
eachHome('An erasure of a person whose upload is paused or held', (home) => {
  let store: Store
  before(async () => {
    store = await openTestStore(await home.fresh())
    await store.access.ensureAdmin({ digest: Buffer.alloc(32, 3), scopes: ['admin'] })
  })
  after(() => store.close())

  const gateway = (about: { jobs: boolean }) => {
    const listId = `list-${ids.newUuid()}`
    const g = createWorkingGateway(store, listId, about)
    let uploadId = ''
    const act = (action: 'pause' | 'resume') => g.control({ caller: CALLER, uploadId, action })
    let pausing: Promise<unknown> | null = null
    return {
      ...g,
      listId,
      erase: (contactId: string) => eraseOnce(store, g.genesys, listId, contactId),
      state: async () => (await g.find(uploadId)).state,
      hold: async () => (await g.find(uploadId)).hold?.reason,
      /** Pauses the upload, from within an answer of Genesys. The first call counts. */
      pause: (): void => {
        pausing ??= act('pause')
      },
      /** Uploads the rows, and works until the upload is paused or held. */
      begin: async (options: Parameters<typeof g.upload>[1] = {}): Promise<void> => {
        uploadId = (await g.upload(ROWS, options)).id
        await g.work()
        await pausing
      },
      resume: async (): Promise<void> => {
        await act('resume')
        await g.work()
      },
    }
  }

  /** The upload is paused while Genesys processes its job. `later`: how the job then ends. */
  const pausedWithJob = async (
    later: MemoryGenesys['onJob'],
    options: Parameters<ReturnType<typeof gateway>['begin']>[0] = {},
  ) => {
    const g = gateway({ jobs: true })
    g.genesys.onJob = (job) => {
      g.pause()
      return { ...job, state: 'processing' }
    }
    await g.begin(options)
    assert.equal(await g.state(), 'paused')
    g.genesys.onJob = later
    return g
  }

  for (const delivery of ['batches', 'file'] as const) {
    it(`asks for the job itself, and ends when the job has ended (${delivery})`, async () => {
      const g = await pausedWithJob((job) => job, { delivery })
      assert.deepEqual(await g.erase('a'), ERASED)
      await g.resume()
      assert.equal(await g.state(), 'completed')
      assert.equal(g.genesys.sent.length + g.genesys.files.length, 1, 'nothing is sent again')
      assert.equal(await store.delivery.registerSize('default', g.listId), 1)
    })
  }

  it('ends when the job has failed, and the resumed upload sends only the others', async () => {
    const g = await pausedWithJob((job, jobId) =>
      jobId === 'job-1' ? { ...job, state: 'failed' } : job,
    )
    assert.deepEqual(await g.erase('a'), ERASED)
    await g.resume()
    assert.equal(await g.state(), 'completed')
    assert.deepEqual(
      g.genesys.sent.map(({ contactIds }) => contactIds),
      [['a', 'b'], ['b']],
    )
  })

  it('still waits if Genesys does not find the job', async () => {
    const g = await pausedWithJob(() => {
      throw new GenesysFailure('not_found', 'readJob', { status: 404 })
    })
    assert.deepEqual(await g.erase('a'), STILL_WAITING)
  })

  for (const delivery of ['batches', 'file'] as const) {
    it(`ends if Genesys refused the columns in its answer (${delivery})`, async () => {
      const g = gateway({ jobs: true })
      let refuses = true
      const refuse = (): void => {
        const rowErrors = [rowError(0, 'genesys-unknown-column')]
        const about = { status: 422, rowErrors }
        if (refuses) throw new GenesysFailure('rows_refused', 'add-contacts', about)
      }
      g.genesys.onSend = refuse
      g.genesys.onFile = refuse
      await g.begin({ delivery })
      assert.equal(await g.hold(), 'refusals')
      assert.deepEqual(await g.erase('a'), ERASED)
      refuses = false
      await g.resume()
      assert.equal(await g.state(), 'completed')
      assert.deepEqual([...g.genesys.contacts.keys()], ['b'])
    })
  }

  for (const [what, failure] of [
    ['the list was busy', FAILED('conflict', 409)],
    ['Genesys asked for fewer requests', FAILED('throttled', 429)],
  ] as const) {
    it(`ends if the upload was paused because ${what}`, async () => {
      const g = gateway({ jobs: false })
      g.genesys.onSend = () => {
        g.pause()
        throw failure
      }
      await g.begin()
      assert.equal(await g.state(), 'paused')
      assert.deepEqual(await g.erase('a'), ERASED)
    })
  }

  it('still waits if one of the tries had no answer, and the next one was refused', async () => {
    const g = gateway({ jobs: false })
    g.genesys.onSend = (_batch, attempt) => {
      if (attempt === 1) throw FAILED('unavailable', null)
      g.pause()
      throw FAILED('conflict', 409)
    }
    await g.begin()
    assert.equal(await g.state(), 'paused')
    assert.ok(g.genesys.sent.length > 1)
    assert.deepEqual(await g.erase('a'), STILL_WAITING)
  })
})
