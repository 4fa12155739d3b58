import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { uploadOptionsSchema } from '../../../src/domain/uploads/upload-options.ts'
import { ZERO_COUNTS } from '../../../src/domain/uploads/upload.ts'
import { DIGEST_BYTES } from '../../../src/lib/keyed-digest.ts'
import { createPlanTally } from '../../../src/workflows/uploads/control/plan-upload.ts'

const ROWS = 2_500
const CHUNKS = 45

/** A digest that contains its chunk and row. */
const digestsOf = (seq: number, byte: number): Buffer => {
  const digests = Buffer.alloc(ROWS * DIGEST_BYTES, byte)
  for (let row = 0; row < ROWS; row += 1)
    digests.writeUInt32LE(seq * ROWS + row, row * DIGEST_BYTES)
  return digests
}

const list = {
  ...{ id: 'list-1', name: 'One', status: 'READY' as const, size: ROWS * CHUNKS },
  ...{ schemaVersion: 'v1', contactIdColumn: 'id', columns: [] },
}

describe('The plan of a large upload', () => {
  it('looks chunks up together, and gives each row the answer that is its own', async () => {
    const lots: number[] = []
    const opened: string[][] = []
    const tally = createPlanTally(
      {
        register: {
          knowsMore: async (_list, size) => ROWS * CHUNKS > size,
          openComparison: (tenantId, listId) => {
            opened.push([tenantId, listId])
            return async (ids, contents) => {
              lots.push(ids.length / DIGEST_BYTES)
              return Uint8Array.from({ length: ids.length / DIGEST_BYTES }, (_, at) => {
                const n = ids.readUInt32LE(at * DIGEST_BYTES)
                // Each content is at the same place as its contact.
                assert.equal(contents?.readUInt32LE(at * DIGEST_BYTES), n)
                return n % 3
              })
            }
          },
        },
        contentHashes: ({ lines }) => digestsOf(lines[0]! / ROWS, 2),
      },
      {
        tenantId: 'default',
        list: list as never,
        options: uploadOptionsSchema.parse({}),
        queue: null,
      },
    )
    for (let seq = 0; seq < CHUNKS; seq += 1) {
      await tally.look({
        ...{ seq, firstLine: 0, lastLine: 0, width: 0, text: new Uint8Array(), rejected: [] },
        ...{ blank: 0, subjectDigests: Buffer.alloc(0), subjectRows: new Uint16Array() },
        lines: new Uint32Array(ROWS).fill(seq * ROWS),
        idDigests: digestsOf(seq, 1),
      })
    }
    // The very first row was replaced by another one. The register does not know it.
    const leftOut = new Map([[0, Buffer.from([1])]])
    const plan = await tally.total({ leftOut, counts: ZERO_COUNTS })
    assert.deepEqual(lots, [100_000, 12_500])
    assert.deepEqual(opened, [['default', 'list-1']])
    assert.deepEqual(
      [plan.creates, plan.updates, plan.unchanged],
      [(ROWS * CHUNKS) / 3 - 1, (ROWS * CHUNKS) / 3, (ROWS * CHUNKS) / 3],
    )
  })
})
