import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { guessColumns } from '../../../src/intake/columns/guessed-columns.ts'
import { FileRefused } from '../../../src/intake/contract.ts'
import { column, specOf } from '../taken.ts'

const LIST = [
  column('customerId'),
  column('firstName'),
  column('phoneNumber', 'phone'),
  column('city'),
]

const guess = (names: readonly string[], options: Record<string, unknown> = {}) =>
  guessColumns(names, specOf({ columns: LIST, options: { missingColumns: 'reject', ...options } }))

describe('The guessed places of columns', () => {
  it('are given for every column, also where an upload would be refused, and say which need a look', () => {
    const { columns, idColumn, missing } = guess(['customerId', 'fristName', 'mobile', 'shoe size'])
    assert.deepEqual(
      columns.map(({ name, mappedTo, by, confidence, unsure }) => [
        ...[name, mappedTo, by, confidence, unsure],
      ]),
      [
        ['customerId', 'customerId', 'exact', 1, false],
        ['fristName', 'firstName', 'proposed', 0.79, true],
        ['mobile', 'phoneNumber', 'proposed', 0.8, true],
        ['shoe size', null, null, null, true],
      ],
    )
    assert.equal(idColumn, 'customerId')
    assert.deepEqual(missing, ['city'])
  })

  it('keep to what was chosen, and a column that was left out needs no look', () => {
    const mapping = { mobile: null, 'shoe size': 'city' }
    const { columns } = guess(['customerId', 'firstName', 'mobile', 'shoe size'], { mapping })
    const shown = columns.map(({ mappedTo, by, unsure }) => [mappedTo, by, unsure])
    assert.deepEqual(shown.slice(2), [
      [null, null, false],
      ['city', 'mapping', false],
    ])
  })

  it('are given without a column of the contact id too, which is then asked for', () => {
    const { columns, idColumn } = guess(['who', 'firstName', 'phoneNumber', 'city'])
    assert.equal(idColumn, null)
    assert.equal(columns.find(({ name }) => name === 'city')!.mappedTo, 'city')
  })

  it('are none where no mapping helps', () => {
    assert.throws(
      () => guess(['customerId', 'firstName', 'firstName']),
      (error) => error instanceof FileRefused && error.code === 'header-duplicate',
    )
  })
})
