import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { describe, it } from 'node:test'

import { findReplacedRows } from '../../../src/intake/rows/replaced-rows.ts'
import { createRunIntake } from '../../../src/intake/run-intake.ts'
import { seededRandom } from '../../../src/lib/seeded-random.ts'
import { bodyOf, specOf } from '../taken.ts'

/**
 * Digests of this many rows with `ids` different ids. The buffers have different sizes, and not all
 * of them start at a word.
 */
const manyDigests = (rows: number, ids: number, random: () => number) => {
  const digests = Array.from({ length: ids }, () => randomBytes(16))
  const picked = Array.from({ length: rows }, () => digests[Math.floor(random() * ids)]!)
  const buffers: Buffer[] = []
  for (let from = 0; from < rows;) {
    const to = from + Math.floor(random() * 90)
    const whole = Buffer.concat([Buffer.alloc(3), ...picked.slice(from, to)])
    buffers.push(whole.subarray(3))
    from = to
  }
  return { picked, buffers }
}

/** Each replaced row, with the row that stays. */
const replacedByMap = (picked: readonly Buffer[]): [number, number][] => {
  const last = new Map<string, number>()
  const replaced: [number, number][] = []
  for (const [row, digest] of [...picked.entries()].toReversed()) {
    const key = digest.toString('hex')
    const later = last.get(key)
    if (later === undefined) last.set(key, row)
    else replaced.push([row, later])
  }
  return replaced.toReversed()
}

describe('rows that a later row of the same id replaced', () => {
  it('are those that a Map finds, in one pass or in several', async () => {
    const random = seededRandom(7)
    for (const [rows, ids] of [
      [0, 1],
      [1, 1],
      [3000, 1],
      [5000, 3],
      [20_000, 12_000],
      [20_000, 40_000],
    ] as const) {
      const { picked, buffers } = manyDigests(rows, ids, random)
      const wanted = replacedByMap(picked)
      for (const passRows of [1_048_576, 6000, 999]) {
        const found: [number, number][] = []
        let readings = 0
        const idDigests = async function* () {
          readings += 1
          yield* buffers
        }
        await findReplacedRows(idDigests, rows, passRows, (row, by) => found.push([row, by]))
        assert.deepEqual(
          found.toSorted(([a], [b]) => a - b),
          wanted,
          `${rows} rows of ${ids} ids by ${passRows}`,
        )
        assert.equal(readings, Math.ceil(rows / passRows))
      }
    }
  })

  it('are the same when the digests are read back from the sink as when they were kept in memory', async () => {
    const random = seededRandom(8)
    const lines = Array.from({ length: 3000 }, (_, row) => {
      const phone = random() < 0.1 ? '1' : '4155552671'
      return `c${Math.floor(random() * 2000)},n${row},${phone},`
    })
    const text = `contactId,name,phone,email\n${lines.join('\n')}\n`
    const limits = {
      batchRows: 100,
      batchBytes: 1e7,
      columns: null,
      headerChars: null,
      cellChars: null,
    }
    const resultWith = async (rowsInMemory: number) => {
      const digests: Buffer[] = []
      let readings = 0
      const result = await createRunIntake({ rowsInMemory })(bodyOf(text), specOf({ limits }), {
        take: async (chunk) => void digests.push(chunk.idDigests),
        idDigests: async function* () {
          readings += 1
          yield* digests
        },
      })
      return { result, readings }
    }
    const kept = await resultWith(1_000_000)
    const readBack = await resultWith(500)
    assert.deepEqual(readBack.result, kept.result)
    assert.equal(kept.readings, 0)
    assert.equal(readBack.readings, 3)
    const { counts, leftOut } = kept.result
    assert.equal(counts.duplicates + counts.accepted + counts.rejected, 3000)
    assert.ok(counts.duplicates > 500 && leftOut.size > 20)
    const named = [...kept.result.replacedBy.values()].reduce((sum, { length }) => sum + length, 0)
    assert.equal(named, counts.duplicates)
  })
})
