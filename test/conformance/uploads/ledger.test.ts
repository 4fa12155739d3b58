import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'

import { runIntake } from '../../../src/intake/run-intake.ts'
import type { Store } from '../../../src/store/homes/open-store.ts'
import type { LedgerRow } from '../../../src/workflows/ports/uploads/uploads.ts'
import { bodyOf, specOf } from '../../intake/taken.ts'
import { eachHome, openTestStore } from '../../support/databases/database.ts'
import {
  beginUpload,
  chunkOf,
  claimKey,
  ids,
  stageInput,
} from '../../support/stages/store-uploads.ts'

const LIMITS = { batchRows: 2, batchBytes: 1e6, columns: null, headerChars: null, cellChars: null }

eachHome('The ledger', (home) => {
  let store: Store
  before(async () => {
    store = await openTestStore(await home.fresh())
    await store.access.ensureAdmin({ digest: Buffer.alloc(32, 3), scopes: ['admin'] })
  })
  after(() => store.close())

  /** Passes a file through the intake into the store, with two accepted rows in a chunk. */
  const staged = async (rows: readonly string[]): Promise<string> => {
    const id = await beginUpload(store)
    const text = ['contactId,name,phone,email', ...rows].join('\n')
    const result = await runIntake(bodyOf(text), specOf({ limits: LIMITS }), {
      take: (chunk) => store.uploads.appendChunks(id, [chunk]),
      idDigests: () => store.uploads.idDigests(id),
    })
    const key = ids.newUuid()
    await claimKey(store, key)
    const { phones: _phones, ...input } = result
    await store.uploads.stage({ ...stageInput(id, chunkOf(0, 2, []), key), ...input })
    return id
  }
  const all = async (id: string, outcomes: string[] = [], afterLine = 0): Promise<LedgerRow[]> =>
    Array.fromAsync(store.uploads.ledgerRows(id, { outcomes, afterLine })).then((found) =>
      found.flat(),
    )

  it('tells of each duplicate which line stays, over chunk borders too', async () => {
    const id = await staged([
      'c1,n0,4155552671,',
      'c2,n1,4155552671,',
      'c1,n2,x,',
      'c1,"n\n3",4155552671,',
      'c3,n4,4155552671,',
      'c1,n5,4155552671,',
      'c2,n6,4155552671,',
    ])
    const rows = await all(id)
    assert.deepEqual(
      rows.map((row) => [row.line, row.outcome, row.code, row.replacedByLine]),
      [
        [2, 'duplicate', 'replaced-in-file', 8],
        [3, 'duplicate', 'replaced-in-file', 9],
        [4, 'rejected', 'phone-invalid', null],
        [5, 'duplicate', 'replaced-in-file', 8],
        [7, 'accepted', null, null],
        [8, 'accepted', null, null],
        [9, 'accepted', null, null],
      ],
    )
    assert.deepEqual(rows[3]?.cells, ['c1', 'n\n3', '+14155552671', ''])
    assert.deepEqual(await all(id, ['duplicate'], 3), [rows[3]])
  })

  it('tells all that is wrong with a row, however many chunks it lies behind', async () => {
    const id = await staged(['c1,n,4155552671,', 'c 2,n,415 555 2671 x9,ann@', 'c3,n', 'NULL,n,x,'])
    const rows = await all(id, ['rejected'])
    assert.deepEqual(
      rows.map(({ line, code, faults }) => ({ line, code, faults })),
      [
        {
          line: 3,
          code: 'contact-id-invalid',
          faults: [
            { code: 'contact-id-invalid', column: 'contactId' },
            { code: 'phone-extension', column: 'phone' },
            { code: 'email-invalid', column: 'email' },
          ],
        },
        {
          line: 4,
          code: 'row-ragged',
          faults: [{ code: 'row-ragged', column: null, width: { found: 2, expected: 4 } }],
        },
        {
          line: 5,
          code: 'contact-id-null-word',
          faults: [
            { code: 'contact-id-null-word', column: 'contactId' },
            { code: 'phone-invalid', column: 'phone' },
          ],
        },
      ],
    )
  })

  it('finds a few rows of an outcome without opening the chunks that cannot hold them', async () => {
    const rows = Array.from({ length: 40 }, (_, at) => `c${at},n,4155552671,`)
    rows[21] = 'c21,n,x,'
    rows[33] = 'c2,n,4155552671,'
    const id = await staged(rows)
    await store.sql.executeSql(
      `insert into row_result (upload_id, line, chunk_seq, outcome, code) values ($1, 12, 5, 'failed', 'genesys-refused')`,
      [id],
    )
    // From here on, opening a chunk throws.
    await store.sql.executeSql(
      `update chunk set payload = '' where upload_id = $1 and not (12 between first_line and last_line
        or 23 between first_line and last_line or 4 between first_line and last_line)`,
      [id],
    )
    const found = await all(id, ['rejected', 'failed', 'duplicate'])
    assert.deepEqual(
      found.map(({ line, outcome }) => [line, outcome]),
      [
        [4, 'duplicate'],
        [12, 'failed'],
        [23, 'rejected'],
      ],
    )
    assert.equal(found[0]?.replacedByLine, 35)
  })

  it('reads no further than it is asked to', async () => {
    const id = await staged(Array.from({ length: 10 }, (_, at) => `c${at},n,4155552671,`))
    await store.sql.executeSql(`update chunk set payload = '' where upload_id = $1 and seq > 1`, [
      id,
    ])
    const scan = store.uploads.ledgerRows(id, { outcomes: [], afterLine: 0 })
    assert.equal((await scan.next()).value?.length, 2)
    assert.equal((await scan.next()).value?.length, 2)
    await scan.return(undefined)
    assert.equal((await scan.next()).done, true)
    const page = await store.uploads.ledger(id, { outcomes: [], afterLine: 0, limit: 3 })
    assert.deepEqual([page.rows.length, page.nextLine], [3, 4])
    await assert.rejects(all(id))
  })
})
