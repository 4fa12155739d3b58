import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import type { RawRow } from '../../../src/intake/formats/raw-row.ts'
import { createRecordWidth } from '../../../src/intake/rows/record-width.ts'

const row = (line: number, cells: string[]): RawRow => ({ line, cells, faults: [], suspect: false })

/** Passes the rows on, and returns the lines in the order in which they arrive. */
const passed = (rows: readonly RawRow[]): { lines: number[]; cells: number } => {
  const width = createRecordWidth({ width: 2, needed: 2 })
  const lines: number[] = []
  const take = ({ line }: RawRow): void => void lines.push(line)
  for (const one of rows) width.pass(one, take)
  const { cells } = width
  width.end(take)
  return { lines, cells }
}

describe('The number of cells of a record', () => {
  it('is that of the first two rows with content, if they agree', () => {
    const { lines, cells } = passed([row(2, ['1', 'a', '']), row(3, ['']), row(4, ['2', 'b', ''])])
    assert.deepEqual(lines, [2, 3, 4])
    assert.equal(cells, 3)
  })

  it('keeps the order of rows when more blank rows follow the first row than may wait', () => {
    const blank = Array.from({ length: 150 }, (_, at) => row(3 + at, ['']))
    const rows = [row(2, ['1', 'a', '']), ...blank, row(153, ['2', 'b', ''])]
    const { lines, cells } = passed(rows)
    assert.deepEqual(
      lines,
      rows.map(({ line }) => line),
    )
    assert.equal(cells, 2, 'the header decides')
  })
})
