import assert from 'node:assert/strict'
import { it } from 'node:test'

import { listChangesOf, rowsStillFit } from '../../../src/domain/contact-lists/list-changes.ts'
import { column, take } from '../../intake/taken.ts'

const COLUMNS = [column('contactId'), column('name'), column('phone', 'phone'), column('city')]
const ADDED = { ...column('tier'), required: true }

const requiring = (...names: string[]) =>
  COLUMNS.map((known) => ({ ...known, required: names.includes(known.name) }))

// Only added columns counted as required. The rows of a plan were sent with empty cells in a column
// that had become required, and whoever applied the plan was not told.
it('A column that became required after the check is named, and the rows no longer fit', async () => {
  const columns = requiring('contactId', 'name')
  const { result } = await take('contactId,name,phone\nc1,A,+14155552671\n', { columns })
  const required = (...names: string[]) => listChangesOf(result, { columns: requiring(...names) })

  assert.deepEqual(required('contactId', 'name').required, [])
  assert.deepEqual(required('contactId').required, [])
  assert.deepEqual(required('contactId', 'name', 'phone', 'city').required, ['phone', 'city'])
  assert.equal(rowsStillFit(required('name', 'phone')), false)
  const added = listChangesOf(result, { columns: [...columns, ADDED] })
  assert.deepEqual([added.added, added.required], [['tier'], ['tier']])
})
