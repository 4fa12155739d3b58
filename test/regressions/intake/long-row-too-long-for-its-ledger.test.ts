import assert from 'node:assert/strict'
import { it } from 'node:test'

import { FileRefused } from '../../../src/intake/contract.ts'
import { ledgerOf } from '../../intake/ledger.ts'
import { rejected, take } from '../../intake/taken.ts'

const LIMIT = 2 ** 10

// The ledger doubles quotes and adds its own columns. Intake refused the whole file of rejected
// rows if a row was then longer than the limit of a row.
it('A row just under the limit comes back from its ledger', async () => {
  const quotes = '\\"'.repeat(400)
  const text = JSON.stringify([{ contactId: 'c1', name: '', phone: 'x' }])
  const json = text.replace('"name":""', `"name":"${quotes}"`)
  assert.ok(json.length < LIMIT)
  const first = await take(json, { format: 'json', maxRecordBytes: LIMIT })
  assert.equal(rejected(first)[0]?.code, 'phone-invalid')
  const ledger = ledgerOf(first)
  assert.ok(ledger.length > LIMIT)
  const again = await take(ledger, { maxRecordBytes: LIMIT })
  assert.deepEqual(rejected(again)[0]?.cells, rejected(first)[0]?.cells)
})

it('A row of another file is still refused beyond the limit, and one of a ledger beyond thrice', async () => {
  const row = (bytes: number) => `c1,${'x'.repeat(bytes)},`
  const refused = (error: unknown) => error instanceof FileRefused && error.code === 'csv-malformed'
  await assert.rejects(
    take(`contactId,name,phone\n${row(LIMIT)}\n`, { maxRecordBytes: LIMIT }),
    refused,
  )
  await assert.rejects(
    take(`contactId,name,_row\n${row(3 * LIMIT)}\n`, { maxRecordBytes: LIMIT }),
    refused,
  )
})
