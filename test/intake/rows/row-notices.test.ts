import assert from 'node:assert/strict'
import { test } from 'node:test'

import { sourceWarnings } from '../../../src/domain/uploads/upload-warnings.ts'
import { ledgerOf } from '../ledger.ts'
import { accepted, take } from '../taken.ts'

const HEADER = 'contactId,name,phone,email\n'

test('phones that a spreadsheet wrote with decimals are taken without them, and warned of with their lines', async () => {
  const lines = ['c1,a,4155550132.0,', 'c2,a,4155550133,', 'c3,a,+14155550134.00,', 'c4,a,x.0,']
  const csv = await take(HEADER + lines.join('\n'))
  assert.deepEqual(
    accepted(csv).map(({ cells }) => cells[2]),
    ['+14155550132', '+14155550133', '+14155550134'],
  )
  const [warning, ...others] = sourceWarnings(csv.result.source)
  assert.deepEqual(others, [])
  assert.deepEqual(
    [warning?.code, warning?.rows, warning?.lines],
    ['phone-decimal-tail', 2, [2, 4]],
  )
  const json = await take(JSON.stringify([{ contactId: 'c1', phone: '4155550132.0' }]), {
    format: 'json',
  })
  assert.deepEqual(json.result.source.noticed, { 'phone-decimal-tail': { rows: 1, lines: [1] } })
})

test('a warning tells of no more lines than anyone looks at', async () => {
  const rows = Array.from({ length: 50 }, (_, at) => `c${at},a,41555501${at + 10}.0,`)
  const { noticed } = (await take(HEADER + rows.join('\n'))).result.source
  assert.equal(noticed?.['phone-decimal-tail']?.rows, 50)
  assert.equal(noticed['phone-decimal-tail'].lines.length, 20)
})

test('the CSV of the ledger carries all codes of a row, and the reasons led by their columns', async () => {
  const taken = await take(`${HEADER}A 1,a,310-7549,ann@\n`)
  const text = ledgerOf(taken)
  assert.match(text, /,rejected,contact-id-invalid phone-local-only email-invalid,"contactId: /)
  assert.match(text, / \| phone: .* \| email: /)
})
