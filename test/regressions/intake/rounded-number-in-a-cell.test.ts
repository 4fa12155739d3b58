import assert from 'node:assert/strict'
import { it } from 'node:test'

import { accepted, take } from '../../intake/taken.ts'

/** The numbers as they are sent, and the cells that they become. */
const NUMBERS = [
  ['0.10000000000000000555', '0.10000000000000000555'],
  ['1234567.8901234567', '1234567.8901234567'],
  ['-4711.00000000000000000001', '-4711.00000000000000000001'],
  ['1e-400', '1e-400'],
  ['0.30000000000000004', '0.30000000000000004'],
  ['4711.000000000000000000', '4711'],
  ['0.0000000000000000000', '0'],
  ['123450000000000000000e-16', '12345'],
  ['1.50', '1.5'],
  ['1e3', '1000'],
  ['5e-324', '5e-324'],
] as const

// JSON.parse rounds a number to a double. The cell got the rounded number, and nothing said so.
for (const format of ['json', 'ndjson'] as const) {
  it(`A number in ${format} keeps its digits in the cell`, async () => {
    const rows = NUMBERS.map(
      ([sent], at) => `{"contactId":"c${at}", "name" : ${sent} ,"phone":"+14155552671"}`,
    )
    const text = format === 'json' ? `[${rows.join(',')}]` : rows.join('\n')
    const taken = await take(text, { format })
    assert.deepEqual(
      accepted(taken).map(({ cells }) => cells[1]),
      NUMBERS.map(([, cell]) => cell),
    )
  })
}
