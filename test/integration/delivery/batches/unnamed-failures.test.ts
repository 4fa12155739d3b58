import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'

import type { Store } from '../../../../src/store/homes/open-store.ts'
import type {
  ImportEvent,
  ImportStatus,
} from '../../../../src/workflows/ports/delivery/contact-files.ts'
import type { ContactReadPort } from '../../../../src/workflows/ports/uploads/reconciliation.ts'
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
const EVENT: Omit<ImportEvent, 'at'> = {
  code: 'bad_row',
  rowCode: 'genesys-refused',
  level: 'error',
}

eachHome('Failed rows that Genesys does not name', (home) => {
  let store: Store
  let lists = 0
  before(async () => {
    store = await openTestStore(await home.fresh())
    await store.access.ensureAdmin({ digest: Buffer.alloc(32, 3), scopes: ['admin'] })
  })
  after(() => store.close())

  /**
   * A gateway whose first batch fails for one row without naming it. The gateway crashes before it
   * sends the second batch.
   */
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

  /**
   * Every import has two rows. The first import never brings 'b', and Genesys does not name this
   * row. The gateway crashes before the second import. `largest`: the first import is settled like
   * a file that is too large to be read back, so that only the number of its rows is known.
   */
  const crashedImport = async (about: { largest: boolean }) => {
    const listId = `unnamed-${(lists += 1)}`
    const held = new Map<string, Record<string, string>>()
    const contactReads: ContactReadPort = {
      readContacts: async (_, ids) =>
        new Map(ids.flatMap((id) => (held.has(id) ? [[id, held.get(id)!]] : []))),
    }
    let imports = 0
    let dies = true
    const settle: Store['delivery']['settle'] = (claim, input) => {
      const { counts } = input
      const unnamed = { unidentified: 1, unattributed: 1 }
      const one = { counts: { ...counts, delivered: 1, failed: 1 }, delivered: [], results: [] }
      return store.delivery.settle(
        claim,
        about.largest && imports === 1 ? { ...input, ...one, unnamed } : input,
      )
    }
    const delivery = { ...store.delivery, settle }
    const g = createWorkingGateway({ ...store, delivery }, listId, { fileBytes: 70, contactReads })
    Object.assign(g.genesys.contactFiles, {
      sendFile: null,
      sendCallbackFile: null,
      startImport: async ({ csv }: { csv: Buffer }) => {
        if (imports === 1 && dies) throw new Crash('before the second file')
        imports += 1
        const [header, ...records] = csv.toString().split('\r\n')
        for (const record of records) {
          const cells = record.split(',')
          if (cells[0] === 'b') continue
          const row = header!.split(',').map((name, at) => [name, cells[at]!])
          held.set(cells[0]!, Object.fromEntries(row))
        }
      },
      readImport: async () =>
        imports === 0 ? IMPORT : { ...IMPORT, total: 2, completed: imports },
      readImportEvents: async () =>
        imports === 1 ? [{ ...EVENT, at: new Date('2099-01-01') }] : [],
    })
    const { id } = await g.upload(ROWS, { delivery: 'file' })
    await g.work()
    assert.equal((await g.find(id)).counts.failed, 1)
    dies = false
    await g.work()
    assert.deepEqual([imports, [...held.keys()]], [2, ['a', 'c', 'd']])
    return { ...(await g.find(id)), id }
  }

  it('of an import are found by reading its rows back, and have a name after a crash too', async () => {
    const { id, state, counts, problem } = await crashedImport({ largest: false })
    assert.deepEqual([state, counts.delivered, counts.failed], ['completed_with_errors', 3, 1])
    assert.equal(problem, null)
    const { rows } = await store.sql.executeSql(
      `select line, code from row_result where upload_id = $1`,
      [id],
    )
    assert.deepEqual(rows, [{ line: 3, code: 'genesys-row-not-imported' }])
  })

  it('of an import too large to be read back are told of as rows of the import, after a crash too', async () => {
    const { state, counts, problem } = await crashedImport({ largest: true })
    assert.deepEqual([state, counts.delivered, counts.failed], ['completed_with_errors', 3, 1])
    assert.deepEqual(problem, {
      code: 'import-unattributed',
      detail:
        'The list does not show 1 rows of the import. The gateway does not know which rows these are.',
    })
  })
})
