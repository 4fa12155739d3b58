import assert from 'node:assert/strict'
import { test } from 'node:test'

import type { LedgerRow } from '../../../src/workflows/ports/uploads/uploads.ts'
import { createFindContactSubjects } from '../../../src/workflows/proof/contact-subjects.ts'
import { anUpload } from '../../support/gateway/an-upload.ts'

/** The file has its columns in another order than the list, and a column that the list lacks. */
const upload = anUpload({
  columns: [
    { name: 'id', kind: 'contactId', mappedTo: 'id' },
    { name: 'note', kind: 'text', mappedTo: null },
    { name: 'phone', kind: 'phone', mappedTo: 'mobile' },
    { name: 'name', kind: 'text', mappedTo: 'name' },
    { name: 'mail', kind: 'email', mappedTo: 'email' },
  ],
  targetColumns: ['name', 'email', 'mobile'],
})

test('the numbers and addresses of a contact are those of its columns, whatever order the file has', async () => {
  const cells = ['Ada', 'ada@example.com', '+14155550101']
  const row: LedgerRow = {
    ...{ line: 3, contactId: 'c1', outcome: 'delivered', code: null, column: null },
    ...{ replacedByLine: null, cells },
  }
  const find = createFindContactSubjects({
    explain: { uploadsOf: async () => ({ items: [{ upload, lines: [3] }], next: null }) },
    uploads: { ledger: async () => ({ rows: [row], nextLine: null }) },
    digestKey: Buffer.alloc(32, 1),
  })
  const found = await find({ tenantId: 'default', contactListId: 'list-1', contactId: 'c1' })
  assert.deepEqual(
    found.map(({ column, subject }) => [column, subject.kind, subject.value]),
    [
      ['phone', 'phone', '+14155550101'],
      ['mail', 'email', 'ada@example.com'],
    ],
  )
})
