import assert from 'node:assert/strict'
import { it } from 'node:test'

import { uploadOptionsSchema } from '../../../src/domain/uploads/upload-options.ts'
import { createRowMarks } from '../../../src/intake/rows/row-mark.ts'
import type { UploadRequest } from '../../../src/workflows/contract.ts'
import type { LedgerRow } from '../../../src/workflows/ports/uploads/uploads.ts'
import { createFixRows } from '../../../src/workflows/uploads/control/fix-rows.ts'
import { accepted, column, KEY, take } from '../../intake/taken.ts'
import { makeUpload } from '../../support/memory/made-uploads.ts'

const NOTES = ["'007", "''", "'=1", "'tis", '=1', '007', '']

const ROWS = NOTES.map((note, at): LedgerRow => ({
  ...{ line: at + 1, outcome: 'rejected', contactId: null, code: 'phone-invalid', column: 'phone' },
  ...{ cells: [`c${at}`, note, 'x'], replacedByLine: null },
}))

// Intake takes an apostrophe before `007` for the guard of a spreadsheet in every CSV. The file of
// the fixed rows had no guards, so intake removed the apostrophe of the cell itself.
it('A row that is fixed keeps the apostrophe with which another of its cells begins', async () => {
  const by = 'exact' as const
  const columns = [
    { name: 'contactId', kind: 'contactId' as const, mappedTo: 'contactId', by, confidence: 1 },
    { name: 'name', kind: 'text' as const, mappedTo: 'name', by, confidence: 1 },
    { name: 'phone', kind: 'phone' as const, mappedTo: 'phone', by, confidence: 1 },
  ]
  const arrived: string[][] = []
  const fix = createFixRows({
    uploads: {
      ledger: async () => ({ rows: ROWS, nextLine: null }),
      staging: async () => ({
        ...{ options: uploadOptionsSchema.parse({}), planBasis: '', rowsKept: true, erased: 0 },
      }),
    },
    receiveUpload: async ({ body, options, validateOnly }) => {
      const text = Buffer.concat(await Array.fromAsync(body)).toString()
      const list = [column('contactId'), column('name'), column('phone', 'phone')]
      const taken = await take(text, { options, columns: list })
      if (!validateOnly) arrived.push(...accepted(taken).map(({ cells }) => cells))
      const answer = validateOnly ? { rejectedRows: [] } : { id: 'upl_2' }
      return { status: 200, body: JSON.stringify(answer), location: null, replayed: false }
    },
    rowMarks: createRowMarks(KEY),
  })
  await fix({
    caller: { tenantId: 'default', keyId: 'key_1', scopes: [], requestId: 'req_1' },
    upload: makeUpload([], { id: 'upl_1', columns }),
    rows: ROWS.map(({ line }) => ({ line, cells: new Map([[2, '+14155552671']]) })),
    ...{ apply: 'auto', steps: (() => undefined) as unknown as UploadRequest['steps'] },
    idempotencyKey: 'once',
  })
  assert.deepEqual(
    arrived.map(([, note]) => note),
    NOTES,
  )
})
