import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import fc from 'fast-check'

import { createAcceptedRows } from '../../../src/intake/rows/accepted-rows.ts'
import { hasBit } from '../../../src/lib/bitmap.ts'
import { keyedDigest } from '../../../src/lib/keyed-digest.ts'

/**
 * Chunks of rows. For each row: one of a few ids, so that many occur again, and how many lines lie
 * before it.
 */
const chunks = fc.array(
  fc.array(fc.tuple(fc.nat(12), fc.nat(3)), { minLength: 0, maxLength: 90 }),
  { minLength: 1, maxLength: 6 },
)

const digestOf = (id: number): Buffer => keyedDigest(Buffer.alloc(32, 1), `c${id}`)

/** The chunks with line numbers, and for each row the line of the last row with its id. */
const numbered = (drawn: readonly (readonly [number, number])[][]) => {
  let line = 1
  const rows = drawn.map((chunk) =>
    chunk.map(([id, before]) => ({ id, line: (line += 1 + before) })),
  )
  const lastLine = new Map(rows.flat().map((row) => [row.id, row.line]))
  return { rows, stays: (row: { id: number }) => lastLine.get(row.id)! }
}

const judged = async (rows: { id: number; line: number }[][], mostRows: number) => {
  const accepted = createAcceptedRows(mostRows)
  const digests = rows.map((chunk) => Buffer.concat(chunk.map(({ id }) => digestOf(id))))
  for (const [seq, chunk] of rows.entries()) {
    accepted.addChunk(
      digests[seq]!,
      Uint32Array.from(chunk, (row) => row.line),
    )
  }
  return accepted.findReplaced(async function* () {
    yield* digests
  })
}

describe('accepted rows', () => {
  it('are left out where a later line has the same id, each with the line that stays, over any gaps and in one pass or several', async () => {
    await fc.assert(
      fc.asyncProperty(chunks, fc.constantFrom(5, 1000), async (drawn, mostRows) => {
        const { rows, stays } = numbered(drawn)
        const found = await judged(rows, mostRows)
        let duplicates = 0
        for (const [seq, chunk] of rows.entries()) {
          const replaced = chunk.filter((row) => stays(row) !== row.line)
          duplicates += replaced.length
          const bitmap = found.leftOut.get(seq) ?? Buffer.alloc(0)
          for (const [at, row] of chunk.entries()) {
            assert.equal(hasBit(bitmap, at), stays(row) !== row.line)
          }
          assert.deepEqual([...(found.replacedBy.get(seq) ?? [])], replaced.map(stays))
        }
        assert.equal(found.duplicates, duplicates)
        assert.equal(
          found.liveChunks,
          rows.filter((chunk) => chunk.some((row) => stays(row) === row.line)).length,
        )
      }),
      { numRuns: 150 },
    )
  })
})
