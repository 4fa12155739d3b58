import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'

import type { Store } from '../../../../src/store/homes/open-store.ts'
import type { ImportStatus } from '../../../../src/workflows/ports/delivery/contact-files.ts'
import { eachHome, openTestStore } from '../../../support/databases/database.ts'
import { CALLER, Crash, createWorkingGateway } from '../../../support/gateway/working-gateway.ts'

const ROWS = ['a', 'b', 'c', 'd'].map((id) => ({ id, note: '1' }))
const IMPORT: ImportStatus = {
  state: 'completed',
  total: 0,
  completed: 0,
  percent: 100,
  failureReason: null,
}

eachHome('Failed rows that Genesys does not name', (home) => {
  let store: Store
  let lists = 0
  before(async () => {
    store = await openTestStore(await home.fresh())
    await store.access.ensureAdmin({ digest: Buffer.alloc(32, 3), scopes: ['admin'] })
  })
  after(() => store.close())

  /** A gateway whose first batch fails one row without a name, and which dies before it sends the second. */
  const crashed = async () => {
    const g = createWorkingGateway(store, `unnamed-${(lists += 1)}`, { jobs: true })
    const { id } = await g.upload(ROWS)
    g.genesys.onJob = (job, jobId) => (jobId === 'job-1' ? { ...job, failed: 1 } : job)
    g.genesys.onSend = (_, attempt) => {
      if (attempt === 2) throw new Crash('before the second batch')
    }
    await g.work()
    assert.equal((await g.find(id)).counts.failed, 1)
    return { g, id }
  }

  it('are told of by the run that ends the upload, after a crash too', async () => {
    const { g, id } = await crashed()
    await g.work()
    const { state, counts, problem } = await g.find(id)
    assert.deepEqual([state, counts.delivered, counts.failed], ['completed_with_errors', 3, 1])
    assert.deepEqual(problem, {
      code: 'failed-rows-unidentified',
      detail: 'Genesys reports 1 failed rows without naming them.',
    })
  })

  it('are told of when the upload is cancelled after a crash', async () => {
    const { g, id } = await crashed()
    await g.control({ caller: CALLER, uploadId: id, action: 'cancel' })
    await g.work()
    const { state, problem } = await g.find(id)
    assert.deepEqual([state, problem?.code], ['cancelled', 'failed-rows-unidentified'])
  })

  it('of an import are told of as errors of the import, after a crash too', async () => {
    const g = createWorkingGateway(store, `unnamed-${(lists += 1)}`, { fileBytes: 70 })
    let imports = 0
    let dies = true
    Object.assign(g.genesys.contactFiles, {
      sendFile: null,
      sendCallbackFile: null,
      startImport: async () => {
        if (imports === 1 && dies) throw new Crash('before the second file')
        imports += 1
      },
      readImport: async () => ({ ...IMPORT, total: imports, completed: imports }),
      readImportEvents: async () =>
        imports === 1 ? [{ at: new Date('2099-01-01'), code: 'bad_row', level: 'error' }] : [],
    })
    const { id } = await g.upload(ROWS, { delivery: 'file' })
    await g.work()
    assert.equal((await g.find(id)).counts.failed, 1)
    dies = false
    await g.work()
    const { state, problem } = await g.find(id)
    assert.deepEqual([imports, state], [2, 'completed_with_errors'])
    assert.deepEqual(problem, {
      code: 'import-unattributed',
      detail: 'Genesys tells of 1 errors of the import without the rows.',
    })
  })
})
