import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import type { RejectedRow } from '../../../src/domain/uploads/chunk.ts'
import { rejectionReason } from '../../../src/domain/uploads/rejection.ts'
import { column, rejected, take } from '../taken.ts'

const COLUMNS = [
  column('contactId'),
  column('name', 'text', true),
  column('phone', 'phone'),
  column('email', 'email'),
  column('due', 'date'),
]
const HEADER = 'contactId,name,phone,email,due\n'

const faultsOf = ({ code, column, more = [] }: RejectedRow) =>
  [{ code, column }, ...more].map((fault) => `${fault.code}@${fault.column}`)

describe('a row with several faults', () => {
  it('tells all of them: of the id first, then of the cells in the order of the list', async () => {
    const taken = await take(`${HEADER}A 1,,310-7549,ann@,31.12.2026\n`, { columns: COLUMNS })
    assert.deepEqual(rejected(taken).map(faultsOf), [
      [
        'contact-id-invalid@contactId',
        'required-empty@name',
        'phone-local-only@phone',
        'email-invalid@email',
        'date-invalid@due',
      ],
    ])
  })

  it('counts once, under its first code', async () => {
    const taken = await take(`${HEADER}A 1,,x,,\nc2,Bo,y,ann@,\n`, { columns: COLUMNS })
    assert.deepEqual(taken.result.rejections, { 'contact-id-invalid': 1, 'phone-invalid': 1 })
    assert.equal(taken.result.counts.rejected, 2)
  })

  it('has one fault a column, and lacks no phone where one is only wrong', async () => {
    const long = `${'x'.repeat(30)}\0`
    const limits = {
      batchRows: 2500,
      batchBytes: 1e7,
      columns: null,
      headerChars: null,
      cellChars: 20,
    }
    const taken = await take(`${HEADER}c1,${long},x,,\nc2,Bo,,,\n`, { columns: COLUMNS, limits })
    assert.deepEqual(rejected(taken).map(faultsOf), [
      ['text-invalid@name', 'phone-invalid@phone'],
      ['no-phone-no-email@null'],
    ])
  })

  it('tells of JSON what is no text, and judges the other cells', async () => {
    const rows = [
      { contactId: 'c1', name: 'Ann', phone: '+14155550132', email: '', due: '' },
      { contactId: 'NULL', name: ['Bo'], phone: 'x', fone: 'y', note: 'z' },
    ]
    const taken = await take(JSON.stringify(rows), { columns: COLUMNS, format: 'json' })
    assert.deepEqual(rejected(taken).map(faultsOf), [
      [
        'unknown-column@fone',
        'unknown-column@note',
        'value-not-text@name',
        'contact-id-null-word@contactId',
        'phone-invalid@phone',
      ],
    ])
  })

  it('is only ragged when its cells cannot be told apart, and says how many it has', async () => {
    const taken = await take(`${HEADER}A 1,,x,\nc2,"B"o,x,ann@,\n`, { columns: COLUMNS })
    const [ragged, misplaced] = rejected(taken)
    assert.deepEqual(faultsOf(ragged!), ['row-ragged@null'])
    assert.match(rejectionReason(ragged!), /^The row has 4 of 5 cells\. /)
    assert.deepEqual(faultsOf(misplaced!), ['quote-misplaced@null'])
  })
})
