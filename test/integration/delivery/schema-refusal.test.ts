import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'

import type { Upload } from '../../../src/domain/uploads/upload.ts'
import type { Store } from '../../../src/store/homes/open-store.ts'
import { eachHome, openTestStore } from '../../support/databases/database.ts'
import { CALLER, createWorkingGateway } from '../../support/gateway/working-gateway.ts'
import { rowError } from '../../support/memory/memory-genesys.ts'

const settledOf = ({ counts }: Upload) => [counts.delivered, counts.failed, counts.unprocessed]
const SCHEMA_ERROR = rowError(0, 'genesys-unknown-column')

eachHome('A job that speaks of the columns', (home) => {
  let store: Store
  let lists = 0
  before(async () => {
    store = await openTestStore(await home.fresh())
    await store.access.ensureAdmin({ digest: Buffer.alloc(32, 3), scopes: ['admin'] })
  })
  after(() => store.close())

  for (const delivery of ['batches', 'file'] as const) {
    const held = async () => {
      const g = createWorkingGateway(store, `schema-${(lists += 1)}`, { jobs: true })
      const rows = ['a', 'b', 'c', 'd'].map((id) => ({ id, note: 'old' }))
      const { id } = await g.upload(rows, { delivery })
      let wrong = true
      g.genesys.onJob = (job) => (wrong ? { ...job, failed: 1, errors: [SCHEMA_ERROR] } : job)
      await g.work()
      const right = () => {
        wrong = false
      }
      const control = (action: 'resume' | 'cancel') =>
        g.control({ caller: CALLER, uploadId: id, action })
      return { ...g, id, right, control, upload: g.upload, now: () => g.find(id) }
    }

    it(`holds the upload with what Genesys said and fails no row (${delivery})`, async () => {
      const t = await held()
      const upload = await t.now()
      assert.deepEqual([upload.state, upload.hold?.reason], ['held', 'refusals'])
      assert.equal(upload.problem?.code, 'schema-drift')
      assert.match(upload.problem?.detail ?? '', /\(note\)/)
      assert.deepEqual(settledOf(upload), [0, 0, 0])
    })

    it(`sends the rows again when it is resumed, and holds again while nothing changed (${delivery})`, async () => {
      const t = await held()
      const requests = () => t.genesys.sent.length + t.genesys.files.length
      const before = requests()
      await t.control('resume')
      assert.equal((await t.now()).problem, null)
      await t.work()
      assert.equal((await t.now()).hold?.reason, 'refusals')
      assert.ok(requests() > before, 'nothing was sent again')
      t.right()
      await t.control('resume')
      await t.work()
      const upload = await t.now()
      assert.deepEqual([upload.state, upload.problem], ['completed', null])
      assert.deepEqual(settledOf(upload), [4, 0, 0])
    })

    it(`does not bring back what a later upload has replaced meanwhile (${delivery})`, async () => {
      const t = await held()
      t.right()
      await t.upload([{ id: 'a', note: 'new' }])
      await t.work()
      await t.control('resume')
      t.genesys.onJob = (job, jobId, look) =>
        look === 0 || jobId === 'job-1' ? { ...job, failed: 1, errors: [SCHEMA_ERROR] } : job
      await t.work()
      const upload = await t.now()
      assert.equal(upload.state, 'completed')
      assert.deepEqual(settledOf(upload), [3, 0, 1])
      assert.match(t.genesys.contacts.get('a') ?? '', /new/)
    })

    it(`fails the rows that Genesys named once it is cancelled (${delivery})`, async () => {
      const t = await held()
      await t.control('cancel')
      await t.work()
      const upload = await t.now()
      assert.equal(upload.state, 'cancelled')
      const { rows } = await store.uploads.ledger(t.id, { outcomes: [], afterLine: 0, limit: 9 })
      assert.equal(rows[0]?.code, 'genesys-unknown-column')
    })
  }
})
