import assert from 'node:assert/strict'
import { it } from 'node:test'

import { rejected, take } from '../../intake/taken.ts'

const VALUES = [
  '9007199254740993',
  '12345678901234567890.5',
  '1e400',
  '{"home" : 12345678901234567890, "a":[1.10, "\\"},"]}',
  `${'['.repeat(20_000)}${']'.repeat(20_000)}`,
]

// JSON.parse rounds long numbers. The row was rejected, but the ledger showed the rounded number.
// Whoever sent the CSV of the ledger back gave the row the id of another contact.
it('A value that no cell can have is shown with the digits that were sent', async () => {
  const rows = VALUES.flatMap((value) => [
    `{"contactId": ${value} ,"name":"A","phone":"+14155552671"}`,
    `{"contactId":"c1","phone":"+14155552671","name":${value}}`,
  ])
  const taken = await take(rows.join('\n'), { format: 'ndjson' })
  const shown = rejected(taken).map(({ code, cells }) => [code, cells[0], cells[1]])
  assert.deepEqual(
    shown,
    VALUES.flatMap((value) => [
      ['value-not-text', value, 'A'],
      ['value-not-text', 'c1', value],
    ]),
  )
})
