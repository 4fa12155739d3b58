import assert from 'node:assert/strict'
import { test } from 'node:test'

import type { LedgerRow } from '../../../src/workflows/ports/uploads/uploads.ts'
import { createLedgerReader } from '../../../src/workflows/proof/row-evidence.ts'

const row = (line: number): LedgerRow => ({
  ...{ line, outcome: 'delivered', contactId: `c-${line}`, code: null, column: null },
  ...{ cells: [], replacedByLine: null },
})

/**
 * For each row about the person, the ledger was read for this row alone, which opens its whole
 * chunk. The evidence about a person in 3,000 rows of one file took 19 s.
 */
test('the ledger is read for hundreds of rows at once when a person is in every line of a file', async () => {
  const reads: number[] = []
  const uploads = {
    ledger: async (_id: string, { afterLine, limit }: { afterLine: number; limit: number }) => {
      reads.push(limit)
      const rows = Array.from({ length: limit }, (_, at) => row(afterLine + 1 + at))
      return { rows: rows.filter(({ line }) => line <= 3_000 && line !== 7), nextLine: null }
    },
  }
  const ledgerOf = createLedgerReader({ uploads })
  const found = (uploadId: string, line: number) =>
    ledgerOf({ uploadId, line, place: null, match: 'cells' })
  for (let line = 2; line <= 3_000; line += 1) {
    assert.equal((await found('one', line))?.line, line === 7 ? undefined : line)
  }
  assert.ok(reads.length <= 3_000 / 500 + 1, `${reads.length} readings`)
  assert.equal((await found('another', 2))?.contactId, 'c-2')
  assert.equal(await found('another', 3_001), undefined)
})
