import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import type { LedgerRow } from '../../../../src/workflows/ports/uploads/uploads.ts'
import { createSearchRows } from '../../../../src/workflows/uploads/watch/search-rows.ts'
import { makeUpload } from '../../../support/memory/made-uploads.ts'

const CHUNK = 1_000

const rowOf = (line: number): LedgerRow => {
  const isRejected = line % 500 === 0
  return {
    ...{ line, outcome: isRejected ? 'rejected' : 'delivered', cells: [`C-${line}`] },
    contactId: isRejected ? null : `C-${line}`,
    ...{ code: isRejected ? 'phone-invalid' : null, column: null, replacedByLine: null },
  }
}

/** A ledger of this many rows. Every 500th is rejected. */
const setUp = (rows: number) => {
  let looked = 0
  const asked: string[][] = []
  const ledgerRows = async function* (
    _id: string,
    query: { outcomes: readonly string[]; afterLine: number },
  ): AsyncGenerator<LedgerRow[]> {
    asked.push([...query.outcomes])
    for (let from = query.afterLine + 1; from <= rows; from += CHUNK) {
      const length = Math.min(CHUNK, rows - from + 1)
      const chunk = Array.from({ length }, (_, at) => rowOf(from + at))
      looked += length
      const { outcomes } = query
      yield outcomes.length === 0 ? chunk : chunk.filter((row) => outcomes.includes(row.outcome))
    }
  }
  const search = createSearchRows({
    uploads: {
      ledgerRows,
      ledger: async (_id, { afterLine }) => ({ rows: [rowOf(afterLine + 1)], nextLine: null }),
    },
    explain: { linesOf: async (_id, contactId) => (contactId === 'C-7' ? [7] : []) },
  })
  const upload = makeUpload([], {
    rejections: { 'phone-invalid': rows / 500 },
    columns: [{ name: 'no', kind: 'contactId', mappedTo: null, by: null, confidence: null }],
  })
  return { search, upload, asked, looked: () => looked }
}

const ANY = { outcome: null, code: null, afterLine: 0, toLine: null, limit: 50 }
const linesOf = ({ rows }: { rows: LedgerRow[] }): number[] => rows.map(({ line }) => line)

describe('Rows are searched', () => {
  it('page after page, each row once, without reading a large upload whole', async () => {
    const { search, upload, looked } = setUp(1_000_000)
    const first = await search.list(upload, ANY)
    assert.deepEqual([first.rows.length, first.nextLine, first.cutShort], [50, 50, false])
    const second = await search.list(upload, { ...ANY, afterLine: first.nextLine! })
    assert.equal(linesOf(second)[0], 51)
    assert.ok(looked() <= 2 * CHUNK)
  })

  it('by a code of rejections among rejected rows alone', async () => {
    const { search, upload, asked } = setUp(5_000)
    const found = await search.list(upload, { ...ANY, code: 'phone-invalid' })
    assert.equal(found.rows.length, 10)
    assert.equal(found.nextLine, null)
    assert.deepEqual(asked, [['rejected']])
  })

  it('no further than is fast, and say where to go on', async () => {
    const { search, upload, looked } = setUp(1_000_000)
    const found = await search.list(upload, { ...ANY, code: 'not-sent' })
    assert.deepEqual([found.rows.length, found.cutShort], [0, true])
    assert.equal(found.nextLine, looked())
    assert.ok(looked() < 50_000)
  })

  it('between two lines', async () => {
    const { search, upload } = setUp(5_000)
    const found = await search.list(upload, { ...ANY, afterLine: 998, toLine: 1_002 })
    assert.deepEqual(linesOf(found), [999, 1_000, 1_001, 1_002])
    assert.equal(found.nextLine, null)
  })

  it('by a contact, rejected rows by what stands in their column of the id', async () => {
    const { search, upload } = setUp(5_000)
    assert.deepEqual(linesOf(await search.ofContact(upload, 'C-7')), [7])
    assert.deepEqual(linesOf(await search.ofContact(upload, 'C-1000')), [1_000])
    assert.deepEqual(linesOf(await search.ofContact(upload, 'C-none')), [])
  })
})
