import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import {
  cellField,
  changedRows,
  emptiedField,
  fixFormSchema,
} from '../../../../src/console/uploads/rows/fix-form.ts'
import { fixModel } from '../../../../src/console/uploads/rows/fix-model.ts'
import { maskedCell } from '../../../../src/console/uploads/rows/masked-cells.ts'
import type { LedgerRow } from '../../../../src/workflows/ports/uploads/uploads.ts'
import { anUpload } from '../../../support/gateway/an-upload.ts'

const KEY = '0b7f2f6e-5a0c-4f5e-9a5e-3d2f3a1b0c9d'
const BEFORE = new Map([
  [7, ['C-7', '12', 'nobody']],
  [8, ['C-8', 'abc', '']],
])

const changed = (fields: Record<string, string>, revealed: 'yes' | 'no') => {
  const form = fixFormSchema.parse({ after: '0', apply: 'auto', key: KEY, revealed, ...fields })
  return changedRows(form, BEFORE).map(({ line, cells }) => [line, [...cells]])
}

describe('What was changed in rows to fix', () => {
  it('is every cell that was shown and is another now, also one that was emptied', () => {
    const fields = { 'c-7-1': '+12125551001', 'c-7-2': '', 'c-8-1': 'abc', 'c-8-2': '' }
    assert.deepEqual(changed(fields, 'yes'), [
      [
        7,
        [
          [1, '+12125551001'],
          [2, ''],
        ],
      ],
    ])
  })

  it('is every cell that something was written for, where none was shown; empty means as it was', () => {
    const fields = { 'c-7-1': '', 'c-8-1': '+12125551002', [emptiedField(7, 2)]: 'yes' }
    assert.deepEqual(changed(fields, 'no'), [
      [8, [[1, '+12125551002']]],
      [7, [[2, '']]],
    ])
  })

  it('is nothing in rows of another page', () => {
    assert.deepEqual(changed({ [cellField(99, 0)]: 'C-99' }, 'yes'), [])
  })
})

const HOSTILE = '"><script>alert(1)</script>'

const upload = anUpload({
  columns: ['customerId', 'phone', 'note'].map((name, at) => ({
    ...{ name, kind: at === 0 ? 'contactId' : at === 1 ? 'phone' : 'text' },
    ...{ mappedTo: name, by: 'exact', confidence: 1 },
  })) as ReturnType<typeof anUpload>['columns'],
})

const row = (more: Partial<LedgerRow>): LedgerRow => ({
  ...{ line: 4, outcome: 'rejected', contactId: null, code: 'phone-invalid', column: 'phone' },
  ...{ cells: ['C-1', '12', HOSTILE], replacedByLine: null },
  ...more,
})

const model = (rows: LedgerRow[], more: Partial<Parameters<typeof fixModel>[2]> = {}) =>
  fixModel(
    upload,
    { rows, nextLine: null },
    {
      ...{ after: 0, apply: 'auto', sent: [], revealed: false },
      ...{ typed: new Map(), faults: new Map() },
      ...more,
    },
  ).rows[0]!

describe('A row to fix', () => {
  it('has a field for the cell at fault alone, and all else by its shape', () => {
    const { cells, others } = model([row({})])
    assert.deepEqual(
      cells.map(({ name, now, value }) => [name, now, value]),
      [['phone', '••', '']],
    )
    assert.deepEqual(
      others.map(({ line }) => line.now),
      ['•-•', '"><••••••>•••••(•)</••••••>'],
    )
  })

  it('has a field for each column where the row as a whole is at fault', () => {
    const { cells, faults } = model([row({ code: 'row-ragged', column: null })])
    assert.equal(cells.length, 3)
    assert.equal(faults[0]!.code, 'row-ragged')
  })

  it('shows what was written, and new faults beside the cell that has them', () => {
    const typed = new Map([[cellField(4, 1), '34']])
    const faults = new Map([[4, [{ code: 'email-invalid', column: 'note' }]]])
    const { cells, stillFaulty } = model([row({})], { typed, faults, revealed: true })
    assert.deepEqual(
      cells.map(({ name, value, faults: all }) => [name, value, all.length]),
      [
        ['phone', '34', 0],
        ['note', HOSTILE, 1],
      ],
    )
    assert.ok(stillFaulty)
  })
})

describe('A masked cell', () => {
  it('tells its shape and nobody', () => {
    assert.equal(maskedCell('+49 (171) 123'), '+•• (•••) •••')
    assert.equal(maskedCell('Zoë 𝔄 é'), '••• • •')
    assert.equal(maskedCell('a'.repeat(100)).length, 60)
  })
})
